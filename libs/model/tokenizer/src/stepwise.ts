/** Small operations (a symbol made, merged or looked up) between two steps: a few milliseconds. */
const STEP_OPERATIONS = 8192;

/** Counts small operations over all parts of a text, and says when it is time to pause. */
export class Pace {
  #operations = 0;

  isStepDone(): boolean {
    this.#operations += 1;
    return this.#operations % STEP_OPERATIONS === 0;
  }
}

/** The result of work that is written as steps, all of them taken at once. */
export function runToEnd<T>(work: Generator<void, T>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}
