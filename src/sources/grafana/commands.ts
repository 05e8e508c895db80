/** What a person types. Uids of old versions may hold anything, so they are quoted for the shell. */
export function enableCommand(uid: string): string {
  return `pyroscope-mcp sources enable ${quoted(uid)}`;
}

export function disableCommand(uid: string): string {
  return `pyroscope-mcp sources disable ${quoted(uid)}`;
}

/** How a data source is enabled: by the command, or in the configuration where that decides. */
export function enableHint(uid: string, byConfiguration: boolean): string {
  return byConfiguration
    ? `add ${quoted(uid)} to PYROSCOPE_MCP_ENABLED_SOURCES and start the server anew`
    : enableCommand(uid);
}

function quoted(uid: string): string {
  return /^[\w.~-]+$/.test(uid) && !uid.startsWith('-') ? uid : `'${uid.replaceAll("'", "'\\''")}'`;
}
