import type { Tensor } from "@gantry/torch";
import { type Named, Registry } from "../../../core/base/registry.js";
import type { DataContext } from "../../../core/data/context.js";
import type { InceptionInput } from "./inceptionInput.js";

/** What a feature network looks at. */
export interface NetworkInput {
  /** Grey images come to a network of 3 channels as three equal ones. */
  readonly channels: 1 | 3;
  /**
   * Height and width it is made for; undefined where it takes any size, because bringing images to its own size is part
   * of its definition.
   */
  readonly size: number | undefined;
}

/**
 * How images of another size come to a network's: classifiers `refuse` them (default) or have them by `lanczos3`; the others
 * are Inception's, by the public codes' names.
 */
export type Resize = "refuse" | "lanczos3" | InceptionInput;

/** A network that metrics look through, its weights loaded. */
export interface FeatureNetwork {
  /** What scores carry. Scores under networks of different names are never compared. */
  readonly name: string;
  readonly input: NetworkInput;
  /** Length of a row of features. */
  readonly featureSize: number;
  /** Length of a row of logits. */
  readonly classes: number;
  /** Names weights and code: whatever was computed under another identity is not used again. */
  readonly identity: string;
  /** Of the weights, short: part of every score's conventions. */
  readonly weights: string;
  /** What happens to images of other sizes, for the scores' conventions. */
  readonly resize: string;
  /** What to know of every score through it; undefined where there is nothing. */
  readonly note?: string | undefined;
  /**
   * @param images uint8 N,C,H,W, 0 to 255, of the channels and size of `input`
   * @returns features N,F and logits N,K, both float32, in the caller's scope
   */
  forward(images: Tensor): { features: Tensor; logits: Tensor };
  dispose(): void;
}

/** A feature network known by name: a file in `networks/` with this as its default export. */
export interface FeatureNetworkDefinition extends Named {
  readonly source: string;
  readonly input: NetworkInput;
  /** The data set it was trained on, where it stands in for Inception on it; undefined for networks of general use. */
  readonly standsInFor: string | undefined;
  /** Whether its weights are on this machine. */
  isPresent(context: DataContext): Promise<boolean>;
  /**
   * Loads it. Throws {@link UsageError} saying how to get the weights, or for a `resize` that is not among its ways of bringing
   * images to its size; `FormatError` for a damaged file.
   */
  open(context: DataContext, resize?: Resize): Promise<FeatureNetwork>;
}

export const featureNetworks = new Registry<FeatureNetworkDefinition>(
  "feature network",
  new URL("./networks/", import.meta.url),
);
