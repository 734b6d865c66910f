import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { keep, liveTensors, scope, setThreads, type Tensor, TorchError, torch } from "./index.js";
import { native } from "./native.js";

setThreads(1);

/** Asserts that `body` leaves exactly `extra` more tensors alive than before. */
function leaves<T>(extra: number, body: () => T): T {
  const before = liveTensors().count;
  const result = body();
  assert.equal(liveTensors().count - before, extra);
  return result;
}

test("a scope frees what it does not return", () => {
  leaves(0, () =>
    scope(() => {
      const a = torch.ones([3]);
      assert.equal(a.add(1).mul(2).sum(null).item(), 12);
    }),
  );
});

test("the bytes of freed storages are no longer counted, and shared storages count once", () => {
  const before = liveTensors().bytes;
  scope(() => {
    const a = torch.zeros([1024]);
    a.view([32, 32]).t();
    assert.equal(liveTensors().bytes - before, 4096);
  });
  assert.equal(liveTensors().bytes, before);
});

test("what is returned survives, alone and inside arrays, objects, Maps and Sets", () => {
  const one = leaves(1, () => scope(() => torch.ones([2]).add(1)));
  assert.deepEqual(one.toList(), [2, 2]);
  const many = leaves(6, () =>
    scope(() => {
      torch.ones([5]);
      return {
        list: [torch.ones([1]), [torch.ones([2])]],
        map: new Map([["a", torch.ones([3])]]),
        set: new Set([torch.ones([4])]),
        nested: { deep: { deeper: torch.ones([5]) } },
        plain: Object.assign(Object.create(null) as object, { x: torch.ones([6]) }),
        number: 7,
      };
    }),
  );
  const tensors = [
    one,
    ...(many.list.flat() as Tensor[]),
    ...many.map.values(),
    ...many.set,
    many.nested.deep.deeper,
    (many.plain as { x: Tensor }).x,
  ];
  for (const tensor of tensors) assert.ok(tensor.isLive);
  leaves(-7, () => {
    for (const tensor of tensors) tensor.dispose();
  });
});

test("a tensor returned twice, and a cycle, are no trouble", () => {
  const result = leaves(1, () =>
    scope(() => {
      const t = torch.ones([1]);
      const cycle: { t: Tensor; self?: unknown } = { t };
      cycle.self = cycle;
      return [t, t, cycle] as const;
    }),
  );
  result[0].dispose();
});

test("what an inner scope returns belongs to the outer one", () => {
  leaves(0, () =>
    scope(() => {
      const inner = scope(() => {
        const a = torch.ones([2]);
        return a.add(1);
      });
      assert.ok(inner.isLive);
      assert.deepEqual(inner.toList(), [2, 2]);
    }),
  );
});

test("a tensor of an outer scope survives the inner one that returns it or not", () => {
  leaves(0, () =>
    scope(() => {
      const outer = torch.ones([2]);
      scope(() => outer);
      scope(() => {
        outer.add(1);
      });
      assert.ok(outer.isLive);
    }),
  );
});

test("an error ends the scope and frees everything in it", () => {
  leaves(0, () => {
    assert.throws(
      () =>
        scope(() => {
          torch.ones([2]);
          scope(() => {
            torch.ones([3]);
            throw new Error("mine");
          });
        }),
      /mine/,
    );
  });
  leaves(0, () => assert.throws(() => scope(() => torch.ones([2]).add(torch.ones([3]))), TorchError));
});

test("a promise is refused, and its tensors freed", () => {
  leaves(0, () =>
    assert.throws(
      () =>
        scope(async () => {
          torch.ones([2]);
        }),
      TypeError,
    ),
  );
});

test("keep() takes a tensor out of its scope", () => {
  const kept = leaves(1, () => {
    let inner: Tensor | undefined;
    scope(() => {
      scope(() => {
        inner = keep(torch.ones([2]));
        keep(inner);
      });
    });
    return inner as unknown as Tensor;
  });
  assert.ok(kept.isLive);
  leaves(-1, () => kept.dispose());
});

test("disposing by hand, twice, and by `using`", () => {
  leaves(0, () => {
    {
      using a = torch.ones([2]);
      using b = a.add(1);
      assert.equal(b.numel, 2);
    }
    const c = torch.ones([2]);
    c.dispose();
    c.dispose();
    assert.equal(c.isLive, false);
    scope(() => torch.ones([1]).dispose());
  });
});

test("a freed tensor is an error that says so, in every operator", () => {
  const tensor = torch.ones([2]);
  tensor.dispose();
  for (const use of [() => tensor.add(1), () => tensor.shape, () => tensor.item(), () => torch.cat([tensor])])
    assert.throws(use, (error: unknown) => error instanceof TorchError && /freed/.test(error.message));
});

test("a stale handle never means the tensor that has its slot now", () => {
  leaves(0, () =>
    scope(() => {
      const old = torch.ones([2]);
      const { handle } = old;
      old.dispose();
      const next = torch.zeros([3]);
      assert.equal(next.handle % 2 ** 24, handle % 2 ** 24, "the slot is reused");
      assert.notEqual(next.handle, handle);
      assert.throws(() => native.shape(handle), /freed/);
      native.free(handle);
      assert.ok(next.isLive && next.shape[0] === 3);
    }),
  );
  for (const handle of [0, -1, 1, 2 ** 24, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => native.shape(handle), TorchError);
});

/** What a script with the package's functions prints, as JSON. */
function printed(script: string, flags: readonly string[] = []): Record<string, number> {
  const imports = `import { grad, keep, liveTensors, nn, scope, torch } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};`;
  const child = spawnSync(process.execPath, [...flags, "--input-type=module", "-e", imports + script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    encoding: "utf8",
  });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout) as Record<string, number>;
}

test("tensors lost to the collector are freed, and those in use are not", () => {
  const script = `
    const used = torch.ones([3]);
    const before = liveTensors().count;
    for (let i = 0; i < 2000; i++) torch.ones([10]);
    for (let i = 0; i < 100; i++) scope(() => torch.ones([10]));
    for (let i = 0; i < 50 && liveTensors().count > before; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const kept = used.sum(null).item();
    console.log(JSON.stringify({ left: liveTensors().count - before - 1, kept }));
  `;
  assert.deepEqual(printed(script, ["--expose-gc"]), { left: 0, kept: 3 });
});

const LOSERS: Record<string, string> = {
  "in a loop that never rests": "for (let i = 0; i < 1000; i++) torch.zeros([2 ** 20]);",
  "between rests": `for (let i = 0; i < 1000; i++) {
    torch.zeros([2 ** 20]);
    await null;
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }`,
  "as what is returned from scopes": "for (let i = 0; i < 1000; i++) scope(() => torch.zeros([2 ** 20]));",
  "as graphs behind a single number": `const w = torch.ones([1]).requiresGrad_();
  for (let i = 0; i < 300; i++) scope(() => torch.ones([2 ** 20]).mul(w).square().exp().sum(null));`,
  "as parameters of networks": `for (let i = 0; i < 300; i++) scope(() => { keep(torch.zeros([2 ** 20])); });
  for (let i = 0; i < 300; i++) new nn.Linear(1024, 1024);`,
};

for (const [how, loop] of Object.entries(LOSERS)) {
  test(`gigabytes of tensors lost ${how} are collected on the way`, () => {
    const script = `
      const used = Array.from({ length: 8 }, (_, i) => torch.full([2 ** 20], i));
      const before = process.resourceUsage().maxRSS;
      ${loop}
      const grown = (process.resourceUsage().maxRSS - before) / 1024;
      console.log(JSON.stringify({ grown, sum: used.reduce((sum, t) => sum + t.max().item() + t.min().item(), 0) }));
    `;
    const { grown, sum } = printed(script);
    assert.equal(sum, 2 * 28, "what is used is not touched");
    assert.ok((grown as number) < 700, `${grown} MiB more`);
  });
}

test("tensors that exchanged what they mean are freed with the right one", () => {
  const script = `
    const a = torch.full([2 ** 20], 1);
    let b = torch.full([2 ** 20], 2);
    a.swap(b);
    b = undefined;
    const c = scope(() => {
      const inner = torch.full([2 ** 20], 3);
      a.swap(inner);
      for (let i = 0; i < 200; i++) scope(() => keep(torch.zeros([2 ** 20])).dispose());
      return inner;
    });
    for (let i = 0; i < 200; i++) torch.zeros([2 ** 20]);
    console.log(JSON.stringify({ a: a.max().item(), c: c.max().item() }));
  `;
  assert.deepEqual(printed(script), { a: 3, c: 2 });
});
