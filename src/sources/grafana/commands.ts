/**
 * The shell command by which a person enables a data source. Uids of old Grafana versions may hold any
 * character, so they are quoted.
 */
export function enableCommand(uid: string): string {
  return `pyroscope-mcp sources enable ${shellQuote(uid)}`;
}

export function disableCommand(uid: string): string {
  return `pyroscope-mcp sources disable ${shellQuote(uid)}`;
}

/** Tells how to enable a data source: by a command, or in the configuration where that decides. */
export function enableHint(uid: string, isByConfiguration: boolean): string {
  return isByConfiguration
    ? `add ${shellQuote(uid)} to PYROSCOPE_MCP_ENABLED_SOURCES and restart the server`
    : enableCommand(uid);
}

function shellQuote(uid: string): string {
  return /^[\w.~-]+$/.test(uid) && !uid.startsWith('-') ? uid : `'${uid.replaceAll("'", "'\\''")}'`;
}
