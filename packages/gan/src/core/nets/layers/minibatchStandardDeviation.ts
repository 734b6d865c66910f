import { distributed, nn, scope, type Tensor, torch } from "@gantry/torch";

const GROUP = 4;
const EPSILON = 1e-8;

/**
 * A map with one channel more: how much the images of a group of four differ, on the average of all places and channels.
 * N,C,H,W to N,C+1,H,W. Image i is grouped with i + N/4, i + 2N/4, i + 3N/4; where 4 does not divide the batch, groups are of
 * 3, 2 or 1. Parts of a batch that nn.batchGroups() sets apart have groups of their own.
 * Source: Karras et al. 2018 (ProGAN), section 3; NVlabs/stylegan, minibatch_stddev_layer.
 */
export function minibatchStandardDeviation(map: Tensor): Tensor {
  return scope(() => {
    const [count = 0, channels = 0, height = 0, width = 0] = map.shape;
    const parts = nn.currentBatchGroups();
    const whole = distributed.rowsOfBatch(map.reshape([parts, count / parts, channels, height, width]), 1);
    const each = whole.size(1);
    const size = [GROUP, 3, 2, 1].find((group) => each % group === 0) as number;
    const grouped = whole.reshape([parts, size, each / size, channels, height, width]);
    const deviation = grouped
      .sub(grouped.mean([1], true))
      .square()
      .mean([1], true)
      .add(EPSILON)
      .sqrt();
    const shared = deviation.mean([3, 4, 5], true).expand([parts, size, each / size, 1, height, width]);
    const own = distributed.ownRows(shared.reshape([parts, each, 1, height, width]), 1);
    return torch.cat([map, own.reshape([count, 1, height, width])], 1);
  });
}
