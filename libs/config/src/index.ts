export * from './child-environment.js';
export * from './configuration-error.js';
export * from './load-config.js';
export { type Environment } from './read-settings.js';
export { type SettingMetadata } from './setting.js';
export { SETTINGS } from './settings.js';
