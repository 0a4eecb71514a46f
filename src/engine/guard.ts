import * as tf from '@tensorflow/tfjs-core';

const TFJS_OPTIMIZERS = [
  tf.AdadeltaOptimizer,
  tf.AdagradOptimizer,
  tf.AdamOptimizer,
  tf.AdamaxOptimizer,
  tf.MomentumOptimizer,
  tf.RMSPropOptimizer,
  tf.SGDOptimizer,
];

/** Puts `value` in the place of a property until the returned function is called. */
function replace(target: object, key: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, key);
    else Object.defineProperty(target, key, own);
  };
}

/** `Date` without the present: other dates can be made. */
function dateWithoutNow(refuse: () => never): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) => (args.length === 0 ? refuse() : Reflect.construct(target, args, newTarget)),
    apply: refuse,
    get: (target, key) => (key === 'now' ? refuse : Reflect.get(target, key)),
  });
}

/**
 * Runs a compiled function's body, traced or eager. What it must not do is an error meanwhile: take random numbers or the time
 * from elsewhere than its arguments, which would be frozen into the graph, make variables, use an optimizer of tfjs, or change the
 * tfjs backend.
 */
export function guarded<T>(name: string, body: () => T): T {
  const refusing = (message: string) => (): never => {
    throw new Error(`compile('${name}'): ${message}`);
  };
  const noClock = refusing(
    'the function reads the clock, which would be frozen into the compiled function: pass the time in `inputs`',
  );
  const restore = [
    replace(
      Math,
      'random',
      refusing(
        'the function draws random numbers elsewhere than from its rng (Math.random; tf.randomNormal, tf.dropout and a layer of ' +
          'tfjs-layers that makes its weights use it), ' +
          'which would be frozen into the compiled function: use rng.normalTensor or rng.uniformTensor',
      ),
    ),
    replace(globalThis, 'Date', dateWithoutNow(noClock)),
    replace(performance, 'now', noClock),
    replace(
      tf.engine(),
      'makeVariable',
      refusing('the function makes a variable: make it outside, and list it or its module in `state`'),
    ),
    ...TFJS_OPTIMIZERS.map(({ prototype }) =>
      replace(
        prototype,
        'applyGradients',
        refusing(
          'the function uses an optimizer of tf.train, which keeps its numbers where a compiled function does not see them: ' +
            'use Adam, RmsProp or Sgd of oxbow, and list it in `state`',
        ),
      ),
    ),
    replace(
      tf.engine(),
      'setBackend',
      refusing('the function changes the tfjs backend: call tf.setBackend outside of it'),
    ),
  ];
  try {
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}
