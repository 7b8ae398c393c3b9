export * from './random-numbers.js';
export * from './repository-root.js';
export * from './temporary-directory.js';
export * from './test-redis.js';
export * from './unique-prefix.js';
export { SOFTWARE_VULKAN_PACKAGE, softwareVulkanEnvironment } from './software-vulkan.js';
