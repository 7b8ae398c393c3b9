const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 100;
/** Back to the first column, and the line wiped. */
const CLEAR_LINE = '\r\x1b[K';

/** Standard output, or what a test puts in its place. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Lines that stay and, on a terminal, one last line that shows what is being waited for. */
export class Terminal {
  #status: (() => string) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(private readonly stream: TerminalStream) {}

  /** Prints a line above the one that moves. */
  readonly print = (line: string): void => {
    const isMoving = this.#timer !== undefined;
    this.stream.write(`${isMoving ? CLEAR_LINE : ''}${line}\n`);
    if (isMoving) this.#draw();
  };

  /** Shows `describe()` with a spinner until {@link Terminal.settle}; nothing where lines cannot be overwritten. */
  wait(describe: () => string): void {
    this.#status = describe;
    if (this.stream.isTTY !== true) return;
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
    this.#draw();
  }

  /** Takes the moving line away. */
  settle(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.stream.write(CLEAR_LINE);
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const line = `${FRAMES[this.#frame] ?? ''} ${this.#status?.() ?? ''}`;
    this.stream.write(CLEAR_LINE + line.slice(0, (this.stream.columns ?? 80) - 1));
  }
}
