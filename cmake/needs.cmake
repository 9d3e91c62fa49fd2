# gradus_needs: the libraries that Gradus stands on.
find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

add_library(gradus_needs INTERFACE)
target_link_libraries(gradus_needs INTERFACE PkgConfig::LIBZIP PkgConfig::JANSSON PkgConfig::ZLIB
                                             Threads::Threads m)

# What a program needs that links libgradus.a, for gradus.pc. Requires.private would ask for the libraries that
# these stand on as well, and their development packages need not be here.
set(pc_libs ${LIBZIP_LDFLAGS} ${JANSSON_LDFLAGS} ${ZLIB_LDFLAGS} -pthread -lm)

if(NOT GRADUS_BLAS)
    set(blas_name "none (own kernels)")
elseif(GRADUS_BLAS_LIBRARY)
    set(blas_name "${GRADUS_BLAS_LIBRARY}")
    target_link_libraries(gradus_needs INTERFACE ${GRADUS_BLAS_LIBRARY})
    target_include_directories(gradus_needs SYSTEM INTERFACE ${GRADUS_BLAS_INCLUDE_DIR})
    list(PREPEND pc_libs ${GRADUS_BLAS_LIBRARY})
else()
    pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
    set(blas_name "OpenBLAS ${OPENBLAS_VERSION}")
    target_link_libraries(gradus_needs INTERFACE PkgConfig::OPENBLAS)
    list(PREPEND pc_libs ${OPENBLAS_LDFLAGS})
endif()

if(GRADUS_BLAS)
    target_compile_definitions(gradus_needs INTERFACE GD__HAVE_BLAS)
endif()
list(REMOVE_DUPLICATES pc_libs)
list(JOIN pc_libs " " pc_libs)
