/** Whether two ids name one task, by whatever package: `mujoco/Hopper-v5` and `gymnasium:Hopper-v5`. */
export function isSameTask(a: string, b: string): boolean {
  const task = (id: string) => id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf(':')) + 1);
  return task(a) === task(b);
}
