import { type Config, ConfigurationError, loadConfig } from '@tessera/config';
import { createLogger, type Logger } from '@tessera/observability';
import { stopWithParent } from '@tessera/processes';

/** What a service starts with. */
export interface ServiceContext {
  readonly config: Config;
  readonly logger: Logger;
}

export interface Service {
  /** Finishes or hands back what is under way, within a bound of the service's own, and closes everything. */
  stop(): Promise<void>;
}

/**
 * Runs a process of the system: configuration, logger, `start`, and one `stop` on SIGTERM, SIGINT or when the process
 * that started us is gone. A second signal, or one during the start, ends the process at once. Whatever prevents the
 * start is one line on standard error (or in the log, once there is one) and exit code 1.
 */
export function runService(name: string, start: (context: ServiceContext) => Promise<Service>): void {
  const context = readContext(name);
  const { logger } = context;
  const fail = (error: unknown): never => exitWithOneLine(error, name, logger);
  process.once('uncaughtException', fail).once('unhandledRejection', fail);
  let service: Service | undefined;
  onFirstStopReason((reason) => {
    logger.info({ reason }, 'stopping');
    const stopped = service?.stop() ?? Promise.resolve();
    stopped.then(() => {
      logger.info('stopped');
      process.exit(0);
    }, fail);
  });
  start(context).then((started) => {
    service = started;
    logger.info('started');
  }, fail);
}

function readContext(name: string): ServiceContext {
  try {
    const config = loadConfig();
    return { config, logger: createLogger({ name, level: config.log.level }) };
  } catch (error) {
    return exitWithOneLine(error, name);
  }
}

function onFirstStopReason(stop: (reason: string) => void): void {
  let isStopping = false;
  const stopOnce = (reason: string): void => {
    // Without our listeners the next signal has its usual effect.
    process.removeListener('SIGTERM', stopOnce).removeListener('SIGINT', stopOnce);
    if (!isStopping) stop(reason);
    isStopping = true;
  };
  process.on('SIGTERM', stopOnce).on('SIGINT', stopOnce);
  stopWithParent(() => stopOnce('parent gone'));
}

function exitWithOneLine(error: unknown, name: string, logger?: Logger): never {
  const message = explain(error);
  if (logger === undefined || error instanceof ConfigurationError) {
    process.stderr.write(`tessera ${name}: ${message}\n`);
  } else {
    logger.debug({ err: error }, 'failed');
    logger.fatal(`the ${name} cannot run: ${message}`);
  }
  process.exit(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE'
    ? `${error.message}: another process listens there; choose a free port`
    : error.message;
}
