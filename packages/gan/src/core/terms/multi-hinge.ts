import type { nn, Tensor } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Contest, Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { classifierHead } from "../nets/layers/classifierHead.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { attachHead } from "./parts/head.js";
import { multiHinge } from "./parts/multiHinge.js";

/**
 * A head s on D scores classes, by a hinge: MH(s, c) = relu(1 + max over j != c of s_j - s_c).
 *
 * beside: K classes beside D's own score and loss. D: + beta * (MH(s(x), c) + MH(s(y), c'))    G: + alpha * MH(s(y), c')
 * fake-class: K + 1, the last of them fakes', and no other score; leave the adversarial loss out, and add feature-matching.
 *     D: beta * (MH(s(x), c) + MH(s(y), K + 1))                                               G: + alpha * MH(s(y), c')
 *
 * y is G's image of the class c'. With fake-class D is given no labels, for it names them.
 */
export default defineTerm({
  name: "multi-hinge",
  summary: "D scores the classes of what it judges by a multi-class hinge (MHingeGAN)",
  source:
    "Kavalerov, Czaja, Chellappa 2019 and 2021 (multi-hinge); ilyakava/gan, ilyakava/BigGAN-PyTorch, losses.py",
  kind: "regularizer",
  on: "cgan",
  options: z.strictObject({
    variant: z
      .enum(["beside", "fake-class"])
      .default("beside")
      .describe("a head beside D's score; or one that is all of D's judgement, with a class for fakes"),
    alpha: scheduled(z.number().min(0)).default(0.1).describe("weight for G; fake-class: 0.05"),
    beta: scheduled(z.number().min(0)).default(1).describe("weight for D"),
    discriminator: z.string().default("discriminator").describe("whose features"),
  }),
  make: ({ variant, alpha, beta, discriminator }) => {
    let classes = 0;
    let contest: Contest;
    const hinge = (play: Play, stream: string, fakes: boolean) => {
      const { features, sample } = play.lookAt(discriminator, stream);
      const label = sample.label as Tensor;
      const head = play.discriminator(discriminator).head<nn.Linear>("multi-hinge");
      return multiHinge(head.forward(features.global), fakes ? label.mul(0).add(classes) : label);
    };
    const judged = oncePerPlay((play) =>
      hinge(play, contest.real, false)
        .add(hinge(play, contest.fake, variant === "fake-class"))
        .mul(play.at(beta)),
    );
    const fooled = oncePerPlay((play) => hinge(play, contest.fake, false).mul(play.at(alpha)));
    return {
      plan(plan) {
        classes =
          plan.classes ??
          plan.refuse(
            "multi-hinge: G must be given the labels that D names; set conditional=true, with networks that take labels, as dcgan or resnet, and data that has them",
          );
        if (classes < 2 && variant === "beside")
          plan.refuse("multi-hinge tells classes apart, and there is one");
        if (variant === "fake-class") plan.judgesLabels = false;
      },
      attach(game) {
        game.requireJudgeOfData("multi-hinge", discriminator);
        contest = game.contestsOf(discriminator)[0] as Contest;
        attachHead(game, discriminator, {
          name: "multi-hinge",
          needs: [1, "as every image has a class"],
          head: (network) => classifierHead(network, classes + (variant === "fake-class" ? 1 : 0)),
        });
      },
      loss(player, play) {
        if (player === discriminator) return play.at(beta) > 0 ? judged(play) : undefined;
        return play.at(alpha) > 0 && play.game.stream(contest.fake).dependsOn.includes(player)
          ? fooled(play)
          : undefined;
      },
    };
  },
});
