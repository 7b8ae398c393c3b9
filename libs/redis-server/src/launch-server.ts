import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Writable } from 'node:stream';
import { guardProcess } from '@tessera/processes';
import { RedisServerStartError } from './errors.js';

/** The server syncs its append-only file and ends; past this it is killed, which loses no acknowledged write. */
const STOP_GRACE_SECONDS = 20;

/** How a server ended. */
export interface RedisServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server process that may not answer yet. */
export interface LaunchedServer {
  readonly pid: number;
  readonly exited: Promise<RedisServerExit>;
  readonly holder: Writable;
  end(): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly configFile: string;
  readonly logFile: string;
  /** Called in the turn in which the process starts. */
  readonly onSpawn: (pid: number) => void;
}

/** Starts the process, guarded: it ends when we and everyone else who holds `holder` are gone. */
export function launchServer({ command, configFile, logFile, onSpawn }: Launch): Promise<LaunchedServer> {
  const log = openSync(logFile, 'a');
  // Detached, because Ctrl-C in a terminal must not reach the server before its clients are done.
  const server = spawn(command, [configFile], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const { pid } = server;
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new RedisServerStartError(`${command}: ${cause.message}`, '', { cause })),
    );
    if (pid === undefined) return;
    onSpawn(pid);
    const guard = guardProcess(pid, { graceSeconds: STOP_GRACE_SECONDS });
    const exited = new Promise<RedisServerExit>((settle) => {
      server.once('exit', (code, signal) => {
        guard.release();
        settle({ code, signal });
      });
    });
    const end = async () => {
      server.kill('SIGTERM');
      const deadline = setTimeout(() => server.kill('SIGKILL'), STOP_GRACE_SECONDS * 1000);
      await exited;
      clearTimeout(deadline);
    };
    resolve({ pid, exited, holder: guard.holder, end });
  });
}
