/// The LibTorch that this was built against, findable in the addon's file without loading it (src/built.ts reads it there).
/// scripts/record.mjs says what stands in it.
extern "C" {
__attribute__((used, visibility("default"))) extern const char gantryLibtorchRecord[] = GANTRY_LIBTORCH_RECORD;
}
