# weft_test_plugin(KIND NAME SCRIPT): two tests of a plugin that weft_add_plugin has made, for ctest.
#   weft_KIND_NAME_opens    the library exports the one symbol, and its table has the id and the version of the manifest
#   weft_KIND_NAME_in_weft  runs SCRIPT with sh in an empty folder, which is kept afterwards. It finds in its
#                           environment WEFT, the command; PLUGINS, the plugin's folder; and MAKE_MODEL, a script that
#                           makes a small checkpoint. Skipped where there is no command.
function(weft_test_plugin kind name script)
  set(target weft_${kind}_${name})
  set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  add_executable(${target}_opens ${here}/open_plugin.c)
  target_include_directories(${target}_opens PRIVATE $<TARGET_PROPERTY:weft::sdk,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(${target}_opens PRIVATE ${CMAKE_DL_LIBS})
  add_test(NAME ${target}_opens COMMAND ${target}_opens $<TARGET_FILE:${target}>
    ${CMAKE_BINARY_DIR}/lib/weft/plugins/${target}.weftplugin.json)
  find_program(WEFT_COMMAND weft HINTS ${here}/../../../bin ${here}/../../../../bin)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}_in_weft)
  if(WEFT_COMMAND)
    add_test(NAME ${target}_in_weft COMMAND sh -c "rm -rf \"$1\" && mkdir -p \"$1\" && cd \"$1\" && exec sh \"$2\""
      sh ${folder} ${CMAKE_CURRENT_SOURCE_DIR}/${script})
    set_tests_properties(${target}_in_weft PROPERTIES ENVIRONMENT
      "WEFT=${WEFT_COMMAND};PLUGINS=${CMAKE_BINARY_DIR}/lib/weft/plugins;MAKE_MODEL=${here}/make_model.sh")
  else()
    add_test(NAME ${target}_in_weft COMMAND ${CMAKE_COMMAND} -E echo
      "skipped: no command weft in CMAKE_PREFIX_PATH or PATH; install weft's component runtime and configure again")
    set_tests_properties(${target}_in_weft PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
  endif()
endfunction()
