import type { nn } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { classifierHead } from "../nets/layers/classifierHead.js";
import { featureTask, featureTaskOptions } from "./parts/featureTask.js";

/**
 * A head on D names the class of an image; D and G both minimise the cross-entropy -log P(label | image):
 *
 *     D: + beta * (on reals + on fakes)        G: + alpha * on fakes
 *
 * G is given the label, D is not: it has no projection, so that the head is all that ties an image to its class.
 * PyTorch-GAN takes a softmax before a cross-entropy that takes its own; here, as in the paper, there is one.
 */
export default defineTerm({
  name: "auxiliary-classifier",
  summary: "D must name the class of what it judges, and G's images must be named rightly (AC-GAN)",
  source: "Odena, Olah, Shlens 2017 (AC-GAN), section 3; igul222/improved_wgan_training, gan_cifar_resnet.py",
  kind: "regularizer",
  on: "cgan",
  options: featureTaskOptions(1, 1).extend({
    learnsFrom: z
      .enum(["both", "real"])
      .default("both")
      .describe("whose labels D learns: of both sides (the paper), or of reals alone (igul222)"),
  }),
  make: ({ learnsFrom, ...options }) => {
    let classes = 0;
    return featureTask<nn.Linear>(options, {
      name: "auxiliary-classifier",
      needs: [1, "as every image has a class"],
      learnsFrom,
      plan(plan) {
        classes =
          plan.classes ??
          plan.refuse(
            "auxiliary-classifier: G must be given the labels that D names; set conditional=true, with networks that take labels, as dcgan or resnet, and data that has them",
          );
        plan.judgesLabels = false;
      },
      head: (network) => classifierHead(network, classes),
      loss: (head, { sample, features }) => head.forward(features.global).crossEntropyLoss(sample.label!),
    });
  },
});
