/** One setting that cannot be used, in words. */
export interface ConfigurationProblem {
  readonly name: string;
  readonly message: string;
}

/** The environment holds values that cannot be used; the message lists all of them, one a line. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ name, message }) => `  ${name}: ${message}`);
    super(`${problems.length === 1 ? 'a setting is' : 'settings are'} not usable:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
