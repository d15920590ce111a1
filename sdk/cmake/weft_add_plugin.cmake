# weft_add_plugin(KIND NAME ID id VERSION v [PREFERENCE n] SOURCES ... PROVIDES "interface=name" ...)
# Builds a plugin library that exports the one symbol, and writes its manifest beside it in
# <binary dir>/lib/weft/plugins; both are installed to <libdir>/weft/plugins. PREFERENCE is for backends: 0 unless
# it is given, and then a backend is used only when it is named; one below 100 takes what others refuse. A library that
# the loader does not find by itself is found by the target's INSTALL_RPATH. The build tree uses that path too, because
# the RUNPATH that CMake would make for it ends with an empty entry, which means the current folder.

# Sets OUT to the version of the ABI that plugins are built for, as a manifest says it.
function(weft_abi_version out)
  find_file(header weft/abi/base.h NO_CACHE NO_DEFAULT_PATH HINTS
    ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../include
    ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../../include)
  file(STRINGS ${header} lines REGEX "#define WEFT_ABI_(MAJOR|MINOR)")
  string(REGEX REPLACE ".*WEFT_ABI_MAJOR ([0-9]+)u.*WEFT_ABI_MINOR ([0-9]+)u.*"
    "{\"major\": \\1, \"minor\": \\2}" version "${lines}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

function(weft_add_plugin kind name)
  cmake_parse_arguments(P "" "ID;VERSION;PREFERENCE" "SOURCES;PROVIDES" ${ARGN})
  if(NOT P_VERSION)
    set(P_VERSION 0.1.0)
  endif()
  if(NOT DEFINED P_PREFERENCE)
    set(P_PREFERENCE 0)
  endif()
  set(target weft_${kind}_${name})
  set(outdir ${CMAKE_BINARY_DIR}/lib/weft/plugins)
  add_library(${target} MODULE ${P_SOURCES})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_link_libraries(${target} PRIVATE weft::sdk)
  else()  # weft/abi alone: weft::sdk asks for a compiler of C++20, which links libm by itself
    target_link_libraries(${target} PRIVATE m)
    target_include_directories(${target} PRIVATE $<TARGET_PROPERTY:weft::sdk,INTERFACE_INCLUDE_DIRECTORIES>)
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "lib" OUTPUT_NAME ${target} LIBRARY_OUTPUT_DIRECTORY ${outdir}
    BUILD_WITH_INSTALL_RPATH ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(${target} PRIVATE
    -Wl,-z,nodelete -Wl,-z,now -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize" AND NOT WEFT_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  set(provides "")
  foreach(p IN LISTS P_PROVIDES)
    string(REGEX MATCH "^([^=]+)=(.+)$" _ "${p}")
    list(APPEND provides "{\"interface\": \"${CMAKE_MATCH_1}\", \"name\": \"${CMAKE_MATCH_2}\"}")
  endforeach()
  list(JOIN provides ",\n    " provides)
  weft_abi_version(abi)
  set(manifest ${outdir}/${target}.weftplugin.json)
  file(WRITE ${manifest} "{
  \"manifest\": 1,
  \"id\": \"${P_ID}\",
  \"version\": \"${P_VERSION}\",
  \"library\": \"lib${target}${CMAKE_SHARED_MODULE_SUFFIX}\",
  \"preference\": ${P_PREFERENCE},
  \"abi\": ${abi},
  \"provides\": [
    ${provides}
  ]
}
")
  if(NOT TARGET plugins_all)
    add_custom_target(plugins_all)
  endif()
  add_dependencies(plugins_all ${target})
  include(GNUInstallDirs)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/weft/plugins COMPONENT runtime)
  install(FILES ${manifest} DESTINATION ${CMAKE_INSTALL_LIBDIR}/weft/plugins COMPONENT runtime)
endfunction()

# weft_add_family(NAME [ID id] [VERSION v] SOURCES ... TYPES ... [GGUF ...])
# Builds a plugin of model types, each with a blueprint and a converter for Hugging Face folders. GGUF names the types
# that are read from GGUF files too. The ID is weft.NAME unless it is given, the VERSION 0.1.0.
function(weft_add_family name)
  cmake_parse_arguments(F "" "ID;VERSION" "SOURCES;TYPES;GGUF" ${ARGN})
  if(NOT F_ID)
    set(F_ID weft.${name})
  endif()
  set(provides "")
  foreach(type IN LISTS F_TYPES)
    list(APPEND provides "weft.architecture/0=${type}" "weft.converter/0=${type}.hf")
  endforeach()
  foreach(type IN LISTS F_GGUF)
    list(APPEND provides "weft.converter/0=${type}.gguf")
  endforeach()
  weft_add_plugin(model ${name} ID ${F_ID} VERSION "${F_VERSION}" SOURCES ${F_SOURCES} PROVIDES ${provides})
  # A family runs once for each model, so that only the time of the build counts.
  if(TARGET weft_sdk_compiled)
    target_compile_definitions(weft_model_${name} PRIVATE WEFT_SDK_COMPILED)
    target_compile_options(weft_model_${name} PRIVATE -O0)
    target_link_libraries(weft_model_${name} PRIVATE weft_sdk_compiled)
    target_link_options(weft_model_${name} PRIVATE -Wl,--gc-sections)
  else()
    target_compile_options(weft_model_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()
