# Flags of the whole tree. Contraction is off, and nothing reassociates: the same program gives the same
# bits eagerly and compiled, with one thread and with eight.
add_compile_definitions(_POSIX_C_SOURCE=200809L)
add_compile_options(-ffp-contract=off -fno-semantic-interposition
                    -Wall -Wextra -Wpedantic -Wconversion -Wshadow)

if(GRADUS_WERROR)
    add_compile_options(-Werror)
endif()

if(GRADUS_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_compile_options(-O1 ${sanitizers})
    add_link_options(${sanitizers})
endif()

if(GRADUS_DEBUG)
    add_compile_definitions(GD_DEBUG)
endif()

# Kernels may be vectorised harder and need not keep errno and floating-point exceptions, which changes no
# number.
set(kernel_flags -fno-math-errno -fno-trapping-math)
if(NOT debug_build)
    list(APPEND kernel_flags -O3)
endif()

set(instruction_sets generic)
set(generic_flags "")
set(avx2_flags -mavx2 -mfma)
set(avx512_flags -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mprefer-vector-width=512)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    list(APPEND instruction_sets avx2 avx512)
endif()
