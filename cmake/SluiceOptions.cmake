# Options that presets set, and the one interface target that every target of this project links.

option(SLUICE_TESTS "Build the tests" ON)
option(SLUICE_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
set(SLUICE_HOT_FLAGS "" CACHE STRING "More flags for code that tests run for long, in a tree that is not optimised as a whole")
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with, as given to -fsanitize= (empty: none)")

find_package(Threads REQUIRED)
find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLUICE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${SLUICE_CCACHE})
endif()

add_library(sluice_flags INTERFACE)
target_include_directories(sluice_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers -Werror)
# Paths in binaries begin at the clone: builds of two clones are alike, and ccache serves one from the other.
target_compile_options(sluice_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
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

# Sources of this folder in which tests spend their time: pixels, samples. (A whole target takes ${SLUICE_HOT_FLAGS} itself.)
# Optimising all else would cost minutes of a tree that is built to run once: asan's.
function(sluice_hot_sources)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "${SLUICE_HOT_FLAGS}")
endfunction()

# Sources of this folder that are mostly templates of large libraries (command lines, HTTP for operators) and run once or seldom:
# optimised as their speed deserves, they compile in half the time.
function(sluice_cold_sources)
  if(SLUICE_SANITIZE)
    set(flags -O0)
  else()
    set(flags "$<$<CONFIG:RelWithDebInfo>:-O1>;$<$<CONFIG:RelWithDebInfo>:-g1>")
  endif()
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "${flags}")
endfunction()

# A GoogleTest program, one test to ctest for each TEST: sluice_test(media_tests SOURCES ... LIBRARIES ... LABEL unit).
# Labels: unit, property, sim, integration, threads (these also run under the thread sanitizer), slow (over a few seconds). The
# target tests_<label> builds all programs of a label.
function(sluice_test name)
  cmake_parse_arguments(arg "" "" "LABEL;SOURCES;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sluice_flags GTest::gtest GTest::gmock GTest::gtest_main)
  # Test code is compiled far more often than it is run: optimising it would cost minutes of each fresh build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1> $<$<CONFIG:RelWithDebInfo>:-g0>)
  if(SLUICE_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
  target_compile_definitions(${name} PRIVATE SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SLUICE_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  foreach(label IN LISTS arg_LABEL)
    # scripts/test runs tests by these names: one that it does not know would never run.
    if(NOT label MATCHES "^(unit|property|sim|integration|threads|slow)$")
      message(FATAL_ERROR "${name}: no such label: ${label}")
    endif()
  endforeach()
  # Two labels become one, "integration-threads": ctest takes regular expressions, and a list does not survive the way there.
  list(JOIN arg_LABEL "-" label)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${label}")
  foreach(label IN LISTS arg_LABEL)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()

# A libFuzzer program with its seed corpus in tests/fuzz/corpus/<name>. The target fuzzers builds them all; scripts/fuzz runs them.
function(sluice_fuzzer name)
  if(SLUICE_FUZZERS)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(fuzz_${name} ${arg_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES} sluice_flags)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
  endif()
endfunction()
