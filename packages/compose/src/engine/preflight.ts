import { DeployError } from '../errors.ts';
import type { DeployRequest } from '../ports.ts';
import type { ComposeConfig } from './compose.ts';

/** The Compose file has what the options name, in a shape that can be deployed. */
export function assertDeployable(
  config: ComposeConfig,
  { services, single, variables }: DeployRequest,
): void {
  const doing = `checking the Compose project ${config.name}`;
  const known = Object.keys(config.services);
  for (const name of services) {
    if (known.includes(name)) continue;
    throw new DeployError('service-missing', {
      doing,
      found: `no service ${name}; it has ${known.join(', ')}`,
      wanted: `every service that is deployed: ${services.join(', ')}`,
      fix: 'correct the name in the options or add the service to the Compose file',
    });
  }
  for (const name of single) {
    const { scale, deploy } = config.services[name] ?? {};
    const replicas = scale ?? deploy?.replicas ?? 1;
    if (replicas === 1) continue;
    throw new DeployError('compose-invalid', {
      doing,
      found: `${name} has ${replicas} replicas`,
      wanted: 'one container for a slot and for an exclusive service',
      fix: 'remove scale and deploy.replicas from it',
    });
  }
  if (new Set(variables).size === variables.length) return;
  throw new DeployError('invalid-options', {
    doing,
    found: `two services share an image variable (${variables.join(', ')})`,
    wanted:
      'a variable of its own for each service, or a bare `docker compose up` would change one with the other',
  });
}
