// Written by scripts/known.mjs, which npm run build runs: do not edit.

/** Every term by its name. A user's own joins by module augmentation. */
export interface KnownTerms {
  "aae": typeof import("../terms/aae.js").default;
  "ada": typeof import("../terms/ada.js").default;
  "adaptive-weights": typeof import("../terms/adaptive-weights.js").default;
  "ali": typeof import("../terms/ali.js").default;
  "apa": typeof import("../terms/apa.js").default;
  "auxiliary-classifier": typeof import("../terms/auxiliary-classifier.js").default;
  "boundary-equilibrium": typeof import("../terms/boundary-equilibrium.js").default;
  "consistency": typeof import("../terms/consistency.js").default;
  "diff-augment": typeof import("../terms/diff-augment.js").default;
  "energy-based": typeof import("../terms/energy-based.js").default;
  "f-divergence": typeof import("../terms/f-divergence.js").default;
  "feature-matching": typeof import("../terms/feature-matching.js").default;
  "gradient-penalty": typeof import("../terms/gradient-penalty.js").default;
  "hinge": typeof import("../terms/hinge.js").default;
  "historical-averaging": typeof import("../terms/historical-averaging.js").default;
  "infomax": typeof import("../terms/infomax.js").default;
  "instance-noise": typeof import("../terms/instance-noise.js").default;
  "intervention": typeof import("../terms/intervention.js").default;
  "least-squares": typeof import("../terms/least-squares.js").default;
  "lecam": typeof import("../terms/lecam.js").default;
  "local-gradient-penalty": typeof import("../terms/local-gradient-penalty.js").default;
  "log-ratio": typeof import("../terms/log-ratio.js").default;
  "manifold-diffusion": typeof import("../terms/manifold-diffusion.js").default;
  "minibatch-discrimination": typeof import("../terms/minibatch-discrimination.js").default;
  "minimax": typeof import("../terms/minimax.js").default;
  "mirror": typeof import("../terms/mirror.js").default;
  "mode-regularizer": typeof import("../terms/mode-regularizer.js").default;
  "mode-seeking": typeof import("../terms/mode-seeking.js").default;
  "multi-hinge": typeof import("../terms/multi-hinge.js").default;
  "mutual-information": typeof import("../terms/mutual-information.js").default;
  "non-saturating": typeof import("../terms/non-saturating.js").default;
  "orthogonal-regularization": typeof import("../terms/orthogonal-regularization.js").default;
  "packing": typeof import("../terms/packing.js").default;
  "progressive-growing": typeof import("../terms/progressive-growing.js").default;
  "pulling-away": typeof import("../terms/pulling-away.js").default;
  "r1": typeof import("../terms/r1.js").default;
  "reconstruction": typeof import("../terms/reconstruction.js").default;
  "relativistic": typeof import("../terms/relativistic.js").default;
  "rotation": typeof import("../terms/rotation.js").default;
  "top-k": typeof import("../terms/top-k.js").default;
  "unrolled": typeof import("../terms/unrolled.js").default;
  "vaegan": typeof import("../terms/vaegan.js").default;
  "veegan": typeof import("../terms/veegan.js").default;
  "wasserstein": typeof import("../terms/wasserstein.js").default;
  "weight-clipping": typeof import("../terms/weight-clipping.js").default;
}

/** Every network family by its name. */
export interface KnownFamilies {
  "ali": typeof import("../nets/families/ali.js").default;
  "autogan": typeof import("../nets/families/autogan.js").default;
  "began": typeof import("../nets/families/began.js").default;
  "biggan": typeof import("../nets/families/biggan.js").default;
  "dcgan": typeof import("../nets/families/dcgan.js").default;
  "infogan": typeof import("../nets/families/infogan.js").default;
  "mlp": typeof import("../nets/families/mlp.js").default;
  "pacgan": typeof import("../nets/families/pacgan.js").default;
  "resnet": typeof import("../nets/families/resnet.js").default;
  "stylegan": typeof import("../nets/families/stylegan.js").default;
  "vaegan": typeof import("../nets/families/vaegan.js").default;
}
