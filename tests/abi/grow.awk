# Adds a field to the end of every struct of the ABI that may grow: that opens with a weft_hdr, and whose comment does
# not say "Never grows."
/^$/ { never = 0 }
/Never grows\./ { never = 1 }
/^typedef struct weft_/ { grows = 0 }
/^  weft_hdr hdr;/ { grows = !never }
/^} weft_[a-z_]+;/ && grows { print "  uint64_t of_a_later_minor;" }
{ print }
