/** The result of work that is written as steps, all of them taken at once. */
export function runToEnd<T>(work: Generator<void, T>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}
