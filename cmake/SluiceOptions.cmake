# Options that presets set, and the one interface target that every target of this project links.

option(SLUICE_TESTS "Build the tests" ON)
option(SLUICE_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with, as given to -fsanitize= (empty: none)")

find_package(Threads REQUIRED)
find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLUICE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${SLUICE_CCACHE})
endif()

add_library(sluice_flags INTERFACE)
target_include_directories(sluice_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
target_compile_definitions(sluice_flags INTERFACE SLUICE_VERSION="${PROJECT_VERSION}")
target_link_libraries(sluice_flags INTERFACE Threads::Threads)
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()

# A library of this project: sluice_library(media a.cpp b.cpp) makes the target sluice_media.
function(sluice_library name)
  add_library(sluice_${name} STATIC ${ARGN})
  target_link_libraries(sluice_${name} PUBLIC sluice_flags)
endfunction()

# A GoogleTest program, one test to ctest for each TEST: sluice_test(media_tests SOURCES ... LIBRARIES ... LABEL unit).
function(sluice_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sluice_flags GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SLUICE_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABEL}")
endfunction()

# A libFuzzer program with its seed corpus in tests/fuzz/corpus/<name>.
function(sluice_fuzzer name)
  if(SLUICE_FUZZERS)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(fuzz_${name} ${arg_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES} sluice_flags)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
