import * as acl from '../commands/acl.ts';
import * as backend from '../commands/backend.ts';
import * as certificate from '../commands/certificate.ts';
import * as checks from '../commands/checks.ts';
import * as dynamicServer from '../commands/dynamic-server.ts';
import { showEventSinks } from '../commands/events.ts';
import { execute } from '../commands/execute.ts';
import { cliLevel, showInfo, showVersion } from '../commands/info.ts';
import * as limits from '../commands/limits.ts';
import {
  addMap,
  clearMap,
  commitMap,
  deleteMap,
  prepareMap,
  setMap,
  showMap,
  showMaps,
} from '../commands/map.ts';
import { showResolvers } from '../commands/resolvers.ts';
import {
  renameServer,
  setServerAddress,
  setServerFqdn,
  setServerSsl,
  setServerState,
  setServerWeight,
  shutdownSessions,
} from '../commands/server.ts';
import { showServersState } from '../commands/servers-state.ts';
import * as sessions from '../commands/sessions.ts';
import * as table from '../commands/table.ts';

/** The commands that are methods of a client. */
export const COMMANDS = {
  execute,
  cliLevel,
  showInfo,
  showVersion,
  showServersState,
  showResolvers,
  showEventSinks,
  showMaps,
  showMap,
  prepareMap,
  addMap,
  commitMap,
  clearMap,
  setMap,
  deleteMap,
  setServerState,
  setServerWeight,
  setServerAddress,
  setServerFqdn,
  setServerSsl,
  renameServer,
  shutdownSessions,
  ...acl,
  ...backend,
  ...certificate,
  ...checks,
  ...dynamicServer,
  ...limits,
  ...sessions,
  ...table,
};
