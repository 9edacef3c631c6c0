// COnnxRuntime: our own declarations of the few entries of ONNX Runtime's C interface that we call.
//
// The interface is a table of function pointers. Its order is ONNX Runtime's stable ABI: entries are
// only ever added at the end. So a position is all that is needed to call an entry, and nothing is
// linked: the library is opened at run time. The tests prove each position against the real library.
#ifndef NACELLE_ORT_H
#define NACELLE_ORT_H

#include <stddef.h>
#include <stdint.h>

// What the one exported symbol, OrtGetApiBase, returns.
typedef struct {
    const void *(*get_api)(uint32_t version);
    const char *(*get_version_string)(void);
} ort_api_base;

typedef const ort_api_base *(*ort_get_api_base)(void);

// The version of the table that we ask for: any release from 1.21 on has it.
enum { ORT_TABLE_VERSION = 21 };

typedef const void *const *ort_table;

// Positions in the table.
typedef enum {
    ORT_GET_ERROR_MESSAGE = 2,
    ORT_CREATE_ENV = 3,
    ORT_CREATE_SESSION = 7,
    ORT_RUN = 9,
    ORT_CREATE_SESSION_OPTIONS = 10,
    ORT_DISABLE_CPU_MEM_ARENA = 19,
    ORT_SET_INTRA_OP_NUM_THREADS = 24,
    ORT_SET_INTER_OP_NUM_THREADS = 25,
    ORT_SESSION_GET_INPUT_COUNT = 30,
    ORT_SESSION_GET_OUTPUT_COUNT = 31,
    ORT_SESSION_GET_INPUT_TYPE_INFO = 33,
    ORT_SESSION_GET_OUTPUT_TYPE_INFO = 34,
    ORT_SESSION_GET_INPUT_NAME = 36,
    ORT_SESSION_GET_OUTPUT_NAME = 37,
    ORT_CREATE_TENSOR_WITH_DATA = 49,
    ORT_GET_TENSOR_MUTABLE_DATA = 51,
    ORT_CAST_TYPE_INFO_TO_TENSOR_INFO = 55,
    ORT_GET_TENSOR_ELEMENT_TYPE = 60,
    ORT_GET_DIMENSIONS_COUNT = 61,
    ORT_GET_DIMENSIONS = 62,
    ORT_GET_TENSOR_TYPE_AND_SHAPE = 65,
    ORT_CREATE_CPU_MEMORY_INFO = 69,
    ORT_ALLOCATOR_FREE = 76,
    ORT_GET_ALLOCATOR_WITH_DEFAULT_OPTIONS = 78,
    ORT_RELEASE_ENV = 92,
    ORT_RELEASE_STATUS = 93,
    ORT_RELEASE_MEMORY_INFO = 94,
    ORT_RELEASE_SESSION = 95,
    ORT_RELEASE_VALUE = 96,
    ORT_RELEASE_TYPE_INFO = 98,
    ORT_RELEASE_TENSOR_INFO = 99,
    ORT_RELEASE_SESSION_OPTIONS = 100,
    ORT_SESSION_GET_MODEL_METADATA = 111,
    ORT_MODEL_METADATA_LOOKUP = 116,
    ORT_RELEASE_MODEL_METADATA = 118,
} ort_entry;

// Objects of the library. A call that can fail returns a status: NULL, or an error to release.
typedef struct ort_status ort_status;
typedef struct ort_object ort_object;
typedef struct ort_allocator ort_allocator;

// Values of the library's enumerations that we pass.
enum { ORT_LOG_ERROR = 3, ORT_ALLOCATOR_ARENA = 1, ORT_MEMORY_DEFAULT = 0 };

#define ORT_AT(result, position, ...) ((result(*)(__VA_ARGS__))(uintptr_t)table[position])

static inline const char *ort_error_message(ort_table table, const ort_status *status) {
    return ORT_AT(const char *, ORT_GET_ERROR_MESSAGE, const ort_status *)(status);
}

// Releases any object; `entry` is the ORT_RELEASE_… of its kind.
static inline void ort_release(ort_table table, ort_entry entry, ort_object *object) {
    ORT_AT(void, entry, ort_object *)(object);
}

static inline void ort_release_status(ort_table table, ort_status *status) {
    ORT_AT(void, ORT_RELEASE_STATUS, ort_status *)(status);
}

static inline ort_status *ort_create_env(ort_table table, const char *log_id, ort_object **out) {
    return ORT_AT(ort_status *, ORT_CREATE_ENV, int, const char *, ort_object **)(
        ORT_LOG_ERROR, log_id, out);
}

static inline ort_status *ort_create_session_options(ort_table table, ort_object **out) {
    return ORT_AT(ort_status *, ORT_CREATE_SESSION_OPTIONS, ort_object **)(out);
}

// Memory is then taken for a run and given back after it, instead of kept for the next.
static inline ort_status *ort_disable_arena(ort_table table, ort_object *options) {
    return ORT_AT(ort_status *, ORT_DISABLE_CPU_MEM_ARENA, ort_object *)(options);
}

static inline ort_status *ort_set_threads(
    ort_table table, ort_object *options, int within, int between) {
    ort_status *status =
        ORT_AT(ort_status *, ORT_SET_INTRA_OP_NUM_THREADS, ort_object *, int)(options, within);
    if (status != NULL) return status;
    return ORT_AT(ort_status *, ORT_SET_INTER_OP_NUM_THREADS, ort_object *, int)(options, between);
}

static inline ort_status *ort_create_session(
    ort_table table, const ort_object *env, const char *path, const ort_object *options,
    ort_object **out) {
    return ORT_AT(
        ort_status *, ORT_CREATE_SESSION, const ort_object *, const char *, const ort_object *,
        ort_object **)(env, path, options, out);
}

// `entry` says whether inputs or outputs: ORT_SESSION_GET_…_COUNT.
static inline ort_status *ort_session_count(
    ort_table table, ort_entry entry, const ort_object *session, size_t *out) {
    return ORT_AT(ort_status *, entry, const ort_object *, size_t *)(session, out);
}

// `entry`: ORT_SESSION_GET_…_TYPE_INFO. The caller releases what it gets.
static inline ort_status *ort_session_type_info(
    ort_table table, ort_entry entry, const ort_object *session, size_t index, ort_object **out) {
    return ORT_AT(ort_status *, entry, const ort_object *, size_t, ort_object **)(
        session, index, out);
}

// `entry`: ORT_SESSION_GET_…_NAME. The name goes back to the allocator.
static inline ort_status *ort_session_name(
    ort_table table, ort_entry entry, const ort_object *session, size_t index,
    ort_allocator *allocator, char **out) {
    return ORT_AT(ort_status *, entry, const ort_object *, size_t, ort_allocator *, char **)(
        session, index, allocator, out);
}

static inline ort_status *ort_session_metadata(
    ort_table table, const ort_object *session, ort_object **out) {
    return ORT_AT(ort_status *, ORT_SESSION_GET_MODEL_METADATA, const ort_object *, ort_object **)(
        session, out);
}

// Gives NULL where the key is not there; otherwise a text that goes back to the allocator.
static inline ort_status *ort_metadata_lookup(
    ort_table table, const ort_object *metadata, ort_allocator *allocator, const char *key,
    char **out) {
    return ORT_AT(
        ort_status *, ORT_MODEL_METADATA_LOOKUP, const ort_object *, ort_allocator *, const char *,
        char **)(metadata, allocator, key, out);
}

static inline ort_status *ort_default_allocator(ort_table table, ort_allocator **out) {
    return ORT_AT(ort_status *, ORT_GET_ALLOCATOR_WITH_DEFAULT_OPTIONS, ort_allocator **)(out);
}

static inline ort_status *ort_free(ort_table table, ort_allocator *allocator, void *memory) {
    return ORT_AT(ort_status *, ORT_ALLOCATOR_FREE, ort_allocator *, void *)(allocator, memory);
}

// Borrows from `type_info`; gives NULL where that is no tensor (a sequence, a map).
static inline ort_status *ort_tensor_info(
    ort_table table, const ort_object *type_info, const ort_object **out) {
    return ORT_AT(
        ort_status *, ORT_CAST_TYPE_INFO_TO_TENSOR_INFO, const ort_object *,
        const ort_object **)(type_info, out);
}

static inline ort_status *ort_element_type(ort_table table, const ort_object *info, int *out) {
    return ORT_AT(ort_status *, ORT_GET_TENSOR_ELEMENT_TYPE, const ort_object *, int *)(info, out);
}

static inline ort_status *ort_rank(ort_table table, const ort_object *info, size_t *out) {
    return ORT_AT(ort_status *, ORT_GET_DIMENSIONS_COUNT, const ort_object *, size_t *)(info, out);
}

static inline ort_status *ort_dimensions(
    ort_table table, const ort_object *info, int64_t *out, size_t rank) {
    return ORT_AT(ort_status *, ORT_GET_DIMENSIONS, const ort_object *, int64_t *, size_t)(
        info, out, rank);
}

static inline ort_status *ort_create_memory_info(ort_table table, ort_object **out) {
    return ORT_AT(ort_status *, ORT_CREATE_CPU_MEMORY_INFO, int, int, ort_object **)(
        ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, out);
}

// The tensor borrows `data`, which must outlive it.
static inline ort_status *ort_create_tensor(
    ort_table table, const ort_object *memory_info, void *data, size_t bytes,
    const int64_t *shape, size_t rank, int element_type, ort_object **out) {
    return ORT_AT(
        ort_status *, ORT_CREATE_TENSOR_WITH_DATA, const ort_object *, void *, size_t,
        const int64_t *, size_t, int, ort_object **)(
        memory_info, data, bytes, shape, rank, element_type, out);
}

static inline ort_status *ort_tensor_data(ort_table table, ort_object *value, void **out) {
    return ORT_AT(ort_status *, ORT_GET_TENSOR_MUTABLE_DATA, ort_object *, void **)(value, out);
}

// Element type and shape of a value. The caller releases what it gets.
static inline ort_status *ort_value_info(
    ort_table table, const ort_object *value, ort_object **out) {
    return ORT_AT(ort_status *, ORT_GET_TENSOR_TYPE_AND_SHAPE, const ort_object *, ort_object **)(
        value, out);
}

// Runs the model; each output that is NULL is allocated by the library and released by the caller.
static inline ort_status *ort_run(
    ort_table table, ort_object *session, const char *const *input_names,
    ort_object *const *inputs, size_t input_count, const char *const *output_names,
    size_t output_count, ort_object **outputs) {
    return ORT_AT(
        ort_status *, ORT_RUN, ort_object *, const void *, const char *const *,
        ort_object *const *, size_t, const char *const *, size_t, ort_object **)(
        session, NULL, input_names, inputs, input_count, output_names, output_count, outputs);
}

#undef ORT_AT
#endif
