import { Injectable } from '@nestjs/common';

/** Tells the parts that hold connections open (waits, event streams) that the process is about to end. */
@Injectable()
export class Shutdown {
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort();
  }
}
