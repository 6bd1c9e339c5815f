import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { stackDirectory } from './operations/environment.ts';

// tsx status.ts: what runs where, as engine and router say
await runScript(async () => {
  const { live, slots, background } = await shopDeployment(stackDirectory()).status();
  console.log(`live: ${live}`);
  for (const { service, containers } of [...Object.values(slots), ...Object.values(background)]) {
    for (const { name, image, health } of containers)
      console.log(`${service}: ${name} on ${image}, ${health}`);
    if (containers.length === 0) console.log(`${service}: none`);
  }
});
