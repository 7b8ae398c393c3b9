import { existsSync } from 'node:fs';

/** Debian package that holds Chromium's software Vulkan driver (SwiftShader) and a Vulkan loader. */
export const SOFTWARE_VULKAN_PACKAGE = 'chromium-common';

const LIBRARY_DIRECTORY = '/usr/lib/chromium';
const DRIVER_FILE = `${LIBRARY_DIRECTORY}/vk_swiftshader_icd.json`;

/**
 * Variables that make a process use the software Vulkan driver; undefined where it is not installed. The system's loader
 * reads them when the process starts.
 */
export function softwareVulkanEnvironment(): Record<string, string> | undefined {
  if (!existsSync(DRIVER_FILE)) return undefined;
  return { VK_ICD_FILENAMES: DRIVER_FILE, LD_LIBRARY_PATH: LIBRARY_DIRECTORY };
}
