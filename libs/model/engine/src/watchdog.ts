import { EngineHungError, StepTimeoutError } from './errors.js';

/** A run that was told to stop gets as long again to do so, and no longer than this. */
const LONGEST_GRACE_MS = 10_000;

export interface WatchdogOptions {
  /** Time that one run may take; 0 lets it take for ever. */
  readonly stepTimeoutMs: number;
  /**
   * Called for a run that does not stop: it holds its thread and the engine's memory until the process ends. Only a
   * signal ends it, as `process.exit` waits for that thread.
   */
  readonly onHang: (error: EngineHungError) => void;
}

/** Bounds the time of native runs, which nothing else can interrupt. */
export class Watchdog {
  constructor(private readonly options: WatchdogOptions) {}

  /**
   * Runs `run` and aborts `controller` when it takes too long.
   * @throws {StepTimeoutError} when it then stopped
   */
  async guard<T>(run: () => Promise<T>, controller: AbortController): Promise<T> {
    const { stepTimeoutMs, onHang } = this.options;
    if (stepTimeoutMs === 0) return run();
    const graceMs = Math.min(stepTimeoutMs, LONGEST_GRACE_MS);
    let isLate = false;
    let timer = setTimeout(() => {
      isLate = true;
      timer = setTimeout(() => onHang(new EngineHungError(stepTimeoutMs, graceMs)), graceMs);
      controller.abort();
    }, stepTimeoutMs);
    try {
      return await run();
    } catch (cause) {
      throw isLate ? new StepTimeoutError(stepTimeoutMs, { cause }) : cause;
    } finally {
      clearTimeout(timer);
    }
  }
}
