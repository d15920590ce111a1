/* Checks that weft.h, tasks.h and every ABI header are C99 without extensions. */
#include "weft/abi/architecture.h"
#include "weft/abi/backend.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"
#include "weft/abi/source.h"
#include "weft/abi/tokenizer.h"
#include "weft/tasks.h"
#include "weft/weft.h"

int main(void) {
  weft_runtime_options o = WEFT_INIT(weft_runtime_options);
  weft_runtime* runtime = NULL;
  weft_status* status;
  o.flags = WEFT_NO_ENVIRONMENT;
  status = weft_runtime_new(&o, &runtime);
  if (status != NULL) return 1;
  weft_runtime_free(runtime);
  return strcmp(weft_version(), "") == 0;
}
