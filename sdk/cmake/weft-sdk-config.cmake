# weft::sdk, weft_add_plugin() and weft_test_plugin() to write plugins: headers alone, no libweft.
include(${CMAKE_CURRENT_LIST_DIR}/weft-sdk-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/weft_add_plugin.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/weft_test_plugin.cmake)
