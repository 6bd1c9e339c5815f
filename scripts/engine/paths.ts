// One private engine per machine: two of them would fight over iptables, so every clone shares these folders.
export const stateFolder = '/var/lib/cutover-engine';
export const runFolder = '/run/cutover-engine';

export const dataRoot = `${stateFolder}/data`;
export const configFolder = `${stateFolder}/config`;
export const clientFolder = `${stateFolder}/bin`;
export const daemonFile = `${stateFolder}/daemon.json`;
/** What did not exist before the engine first started. */
export const absentFile = `${stateFolder}/absent.json`;
/** A folder for each engine that a test has of its own. */
export const ownFolder = `${stateFolder}/own`;
export const logFile = `${stateFolder}/dockerd.log`;
export const kitFolder = (name: string): string => `${stateFolder}/kits/${name}`;

export const socketFile = `${runFolder}/docker.sock`;
export const beforeFile = `${runFolder}/before.json`;
export const privateHost = `unix://${socketFile}`;

export const bridgeName = 'cutover0';
export const cgroupName = 'cutover-engine';
