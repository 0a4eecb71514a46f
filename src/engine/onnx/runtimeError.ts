/** What ONNX Runtime says, with the compiled function and the tfjs kernels behind the nodes that it names; see {@link Emitter}. */
export function runtimeError(name: string, error: unknown): Error {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  const kernels = [...new Set([...message.matchAll(/['(]\/(\w+)\/\w+[')]/g)].map(([, kernel]) => `'${kernel}'`))];
  const where = kernels.length === 0 ? '' : ` in the tfjs kernel ${kernels.join(', ')}`;
  return new Error(`compile('${name}'): ONNX Runtime fails${where}: ${message}`, { cause: error });
}
