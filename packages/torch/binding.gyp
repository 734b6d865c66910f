{
  "targets": [
    {
      "target_name": "gantry_torch",
      "sources": [
        "native/addon.cc", "native/env.cc", "native/tensor.cc", "native/dispatch.cc",
        "native/autograd.cc", "native/random.cc", "native/system.cc", "native/memory.cc",
        "native/convolution.cc", "native/linear.cc", "native/whole.cc", "native/thin.cc", "native/maxout.cc", "native/repeat.cc",
        "native/amx.cc", "native/winograd.cc", "native/taps.cc", "native/weights.cc", "native/layout.cc",
        "native/kernels.cc", "native/kernels_amx.cc", "native/kernels_avx2.cc", "native/kernels_avx512.cc",
        "native/adam.cc", "native/batch_norm.cc", "native/resample.cc",
        "native/guards.cc", "native/devices.cc", "native/collector.cc"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "<!@(node scripts/find-libtorch.mjs include)"
      ],
      "libraries": ["<!@(node scripts/find-libtorch.mjs libraries)"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "cflags_cc": ["-std=<!(node scripts/find-libtorch.mjs standard)", "-O2", "-fno-math-errno", "-Wall", "-Wno-unused-parameter", "<!@(node scripts/find-libtorch.mjs flags)"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_ENABLE_CPP_RTTI": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "<!(node scripts/find-libtorch.mjs standard)",
        "MACOSX_DEPLOYMENT_TARGET": "12.0"
      }
    }
  ]
}
