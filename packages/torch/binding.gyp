{
  "targets": [
    {
      "target_name": "gantry_torch",
      "sources": [
        "native/addon.cc", "native/env.cc", "native/tensor.cc", "native/dispatch.cc",
        "native/autograd.cc", "native/random.cc", "native/system.cc", "native/memory.cc",
        "native/convolution.cc", "native/choice.cc", "native/linear.cc", "native/whole.cc", "native/thin.cc", "native/maxout.cc", "native/repeat.cc",
        "native/amx.cc", "native/winograd.cc", "native/taps.cc", "native/weights.cc", "native/layout.cc",
        "native/bfloat16.cc", "native/kernels.cc", "native/kernels_amx.cc", "native/kernels_avx2.cc", "native/kernels_avx512.cc",
        "native/adam.cc", "native/batch_norm.cc", "native/resample.cc",
        "native/guards.cc", "native/devices.cc", "native/collector.cc"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "<!@(node scripts/libtorch-flags.mjs include)"
      ],
      "defines": [
        "GANTRY_LIBTORCH_ROOT=\"<!(node scripts/libtorch-flags.mjs root)\"",
        "GANTRY_LIBTORCH_LIBRARY=\"<!(node scripts/libtorch-flags.mjs library)\"",
        "GANTRY_LIBTORCH_HEADER=\"<!(node scripts/libtorch-flags.mjs header)\"",
        "GANTRY_LIBTORCH_VERSION=\"<!(node scripts/libtorch-flags.mjs version)\"",
        "GANTRY_LIBTORCH_SOURCE=\"<!(node scripts/libtorch-flags.mjs source)\""
      ],
      "libraries": ["<!@(node scripts/libtorch-flags.mjs libraries)"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "cflags_cc": ["-std=<!(node scripts/libtorch-flags.mjs standard)", "-O2", "-fno-math-errno", "-Wall", "-Wno-unused-parameter", "<!@(node scripts/libtorch-flags.mjs flags)"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_ENABLE_CPP_RTTI": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "<!(node scripts/libtorch-flags.mjs standard)",
        "MACOSX_DEPLOYMENT_TARGET": "12.0"
      }
    }
  ]
}
