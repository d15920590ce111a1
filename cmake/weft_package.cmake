# What is installed beside the targets, and the archive that cpack makes of it. Components: runtime (the command,
# libweft, plugins), sdk (what authors of plugins need, without a library), dev (those for hosts).
set(docs ${CMAKE_INSTALL_DATAROOTDIR}/doc/weft)
install(FILES LICENSE README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md SECURITY.md
        DESTINATION ${docs} COMPONENT runtime)
install(DIRECTORY docs DESTINATION ${docs} COMPONENT runtime)
install(FILES third_party/replxx/LICENSE.md DESTINATION ${docs}/licenses RENAME replxx COMPONENT runtime)

if(WEFT_PORTABLE)
  # The shared libraries of the command, which links all that libweft and the hub do. Those of the C and C++ runtimes
  # stay the system's; libcrypto is linked in.
  install(RUNTIME_DEPENDENCY_SET weft_private
    PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s|crypto|[a-z]*san)\\.so"
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/weft/private COMPONENT runtime)
  # Debian's names of what is linked in or carried along, headers included.
  foreach(package libboost-dev libcli11-dev libfmt-dev libjpeg62-turbo-dev libonig-dev libpng-dev libssl-dev
                  libutf8proc-dev nlohmann-json3-dev zlib1g-dev)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${docs}/licenses RENAME ${package} COMPONENT runtime
      OPTIONAL)
  endforeach()
endif()

set(CPACK_PACKAGE_VENDOR weft)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR TGZ)
set(CPACK_STRIP_FILES ON)
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(CPACK_PACKAGE_FILE_NAME weft-${PROJECT_VERSION}-${system}-${CMAKE_SYSTEM_PROCESSOR})
include(CPack)
