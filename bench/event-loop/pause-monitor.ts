import { readFileSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

export interface Pauses {
  readonly medianMs: number;
  readonly percentile99Ms: number;
  readonly maxMs: number;
  /**
   * The longest time that the main thread computed without letting the event loop turn. On a machine with other work the
   * longest pause is much longer: there the thread also waits for a processor. Undefined where the system does not say
   * (Linux does).
   */
  readonly maxBusyMs: number | undefined;
}

/** Measures how long the event loop stands still, with a timer every millisecond. */
export class PauseMonitor {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: 1 });
  private readonly timer: NodeJS.Timeout;
  private busyMs = mainThreadBusyMs();
  private maxBusyMs = 0;

  constructor() {
    this.histogram.enable();
    this.timer = setInterval(() => this.tick(), 1);
  }

  stop(): Pauses {
    clearInterval(this.timer);
    this.histogram.disable();
    const ms = (nanoseconds: number): number => nanoseconds / 1e6;
    return {
      medianMs: ms(this.histogram.percentile(50)),
      percentile99Ms: ms(this.histogram.percentile(99)),
      maxMs: ms(this.histogram.max),
      maxBusyMs: this.busyMs === undefined ? undefined : this.maxBusyMs,
    };
  }

  private tick(): void {
    const busyMs = mainThreadBusyMs();
    if (busyMs !== undefined && this.busyMs !== undefined) {
      this.maxBusyMs = Math.max(this.maxBusyMs, busyMs - this.busyMs);
    }
    this.busyMs = busyMs;
  }
}

/** Time that the main thread has spent on a processor since its start. */
function mainThreadBusyMs(): number | undefined {
  try {
    const [busyNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(busyNs) / 1e6;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
