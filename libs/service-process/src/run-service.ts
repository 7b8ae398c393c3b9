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
 * that started us is gone. A second signal ends the process at once. Whatever prevents the start is one line on
 * standard error (or in the log, once there is one) and exit code 1.
 */
export function runService(name: string, start: (context: ServiceContext) => Promise<Service>): void {
  const context = readContext(name);
  const fail = (error: unknown): never => exitWithOneLine(error, name, context.logger);
  process.once('uncaughtException', fail).once('unhandledRejection', fail);
  start(context).then((service) => stopOnSignal(service, context.logger, fail), fail);
}

function readContext(name: string): ServiceContext {
  try {
    const config = loadConfig();
    return { config, logger: createLogger({ name, level: config.log.level }) };
  } catch (error) {
    return exitWithOneLine(error, name);
  }
}

function stopOnSignal(service: Service, logger: Logger, fail: (error: unknown) => never): void {
  let stopping = false;
  const stop = (reason: string): void => {
    // Without our listeners the next signal has its usual effect.
    process.removeListener('SIGTERM', stop).removeListener('SIGINT', stop);
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
    service.stop().then(() => {
      logger.info('stopped');
      process.exit(0);
    }, fail);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  stopWithParent(() => stop('parent gone'));
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
