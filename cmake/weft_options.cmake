# Build-wide settings that belong to nobody in particular. Nothing here is exported.
include(CTest)
include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEFT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${WEFT_CCACHE})
endif()

set(WEFT_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()

add_library(weft_warnings INTERFACE)
target_compile_options(weft_warnings INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False ones, of std::string, std::variant and std::optional once they are inlined (GCC bugs 105329, 105651, 105562).
  target_compile_options(weft_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-free-nonheap-object)
endif()

# weft_together(TARGET): its sources are compiled eight at a time where WEFT_UNITY is on, which takes half as long from
# nothing, since all include the same libraries, and longer after a change. Names without linkage are told apart by file.
function(weft_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${WEFT_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# weft_cold(TARGET [EXCEPT SOURCES...]): what runs once a command, a model or a plugin is compiled in two thirds of the
# time, with -O1, in Release. EXCEPT names the sources that work a token, a weight or a character at a time.
function(weft_cold target)
  cmake_parse_arguments(COLD "" "" "EXCEPT" ${ARGN})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  foreach(source IN LISTS COLD_EXCEPT)
    set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
  endforeach()
endfunction()

# All that is linked: the tables through which functions are called are read-only once the program has begun.
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

# weft_hardened(TARGET [CHECKED]): for what reads files and answers of strangers. A write past a buffer on the stack, or
# by a function of C past a buffer of known size, ends the process instead of going on; with CHECKED so does a wrong
# index into a container of C++, which code that works a character or a weight at a time cannot afford. Kernels are left
# out: nearly all time is theirs, and what they are given has been checked.
function(weft_hardened target)
  if(WEFT_SANITIZE)
    return()  # these find more, and do not go together with FORTIFY
  endif()
  target_compile_options(${target} PRIVATE -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    # In force where all that is linked has it: not with the compiler of Debian 12, whose start files lack it.
    target_compile_options(${target} PRIVATE -fcf-protection)
  endif()
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)  # it needs optimisation
    target_compile_options(${target} PRIVATE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  if("${ARGN}" STREQUAL CHECKED)
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  endif()
endfunction()

# weft_core_part(NAME [CHECKED] SOURCES ... DEPS ...): one folder of the core, linked into libweft and into the folder's
# own tests, and hardened.
function(weft_core_part name)
  cmake_parse_arguments(PART "CHECKED" "" "SOURCES;DEPS" ${ARGN})
  add_library(weft_${name} STATIC ${PART_SOURCES})
  target_include_directories(weft_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/core/include)
  target_link_libraries(weft_${name} PUBLIC weft_sdk ${PART_DEPS} PRIVATE weft_warnings)
  weft_together(weft_${name})
  if(PART_CHECKED)
    weft_hardened(weft_${name} CHECKED)
  else()
    weft_hardened(weft_${name})
  endif()
endfunction()

# A libcrypto beside weft would be taken by the system's libcurl and libssl too, which may need a newer one.
set(OPENSSL_USE_STATIC_LIBS ${WEFT_PORTABLE})
if(WEFT_PORTABLE AND OPENSSL_CRYPTO_LIBRARY MATCHES "\\.so$")
  unset(OPENSSL_CRYPTO_LIBRARY CACHE)  # found before WEFT_PORTABLE was set
endif()

# weft_finds_private(TARGET FOLDER): in a portable tree TARGET loads the libraries that are installed with it, in
# FOLDER as seen from its own. As RPATH, not RUNPATH, which those that they need themselves are found by too.
function(weft_finds_private target folder)
  if(WEFT_PORTABLE)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${folder}" BUILD_WITH_INSTALL_RPATH ON)
    target_link_options(${target} PRIVATE -Wl,--disable-new-dtags)
  endif()
endfunction()

# weft_test(NAME SOURCES ... DEPS ...): a GoogleTest program, one ctest entry a program.
function(weft_test name)
  if(NOT WEFT_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPS;DEFINES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${TEST_SOURCES})
  target_compile_definitions(${name} PRIVATE WEFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             WEFT_BINARY_DIR="${CMAKE_BINARY_DIR}" ${TEST_DEFINES})
  target_link_libraries(${name} PRIVATE ${TEST_DEPS} weft_warnings GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# weft_needs(TARGET PLUGINS...): builds these plugins before the target, those of them that are there. Under a sanitizer
# all plugins would take many times as long.
function(weft_needs target)
  foreach(plugin IN LISTS ARGN)
    if(TARGET weft_${plugin})
      add_dependencies(${target} weft_${plugin})
    endif()
  endforeach()
endfunction()
