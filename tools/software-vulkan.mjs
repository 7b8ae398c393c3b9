// What the WebGPU tests need where there is no GPU: Chromium's software Vulkan driver, from Debian's package.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/**
 * Installs the driver where it is missing and can be installed (Debian, as root), with a line of `log` before each thing
 * that is done. Where it cannot, a line says that the WebGPU tests are left out and why.
 */
export async function ensureSoftwareVulkan(log) {
  const { SOFTWARE_VULKAN_PACKAGE: name, softwareVulkanEnvironment } =
    await import('../libs/testing/dist/index.js');
  if (softwareVulkanEnvironment() !== undefined) return;
  const reason = install(name, log);
  if (softwareVulkanEnvironment() !== undefined) return;
  log(`the WebGPU tests are left out: no software Vulkan driver here (${reason ?? `${name} holds none`});`);
  log(`on Debian "apt-get install ${name}" brings one`);
}

/** @returns why it could not be installed */
function install(name, log) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `they run on linux/x64, this is ${process.platform}/${process.arch}`;
  }
  if (apt(['--version']).status !== 0) return 'there is no apt-get';
  if (process.getuid() !== 0) return `${name} is not installed, and installing it needs root`;
  const command = ['install', '-y', '-q', '--no-install-recommends', name];
  log(`installing a software Vulkan driver for the WebGPU tests: apt-get ${command.join(' ')}`);
  if (apt(command).status === 0) return undefined;
  apt(['update', '-q']);
  const { status, stderr } = apt(command);
  return status === 0 ? undefined : `apt-get failed: ${stderr.trim().split('\n').at(-1)}`;
}

function apt(args) {
  const settings = ['DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C'];
  const command = ['apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args];
  return spawnSync('env', [...settings, ...command], { encoding: 'utf8' });
}
