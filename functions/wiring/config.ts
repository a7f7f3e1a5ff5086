import configuration from '../../directory.config.json' with { type: 'json' };
import { type DirectoryConfig, readConfig } from '../../lib/config.ts';

/** The configuration that is a part of the bundle. Throws ConfigError. */
export function readOwnConfig(): DirectoryConfig {
  return readConfig(configuration);
}
