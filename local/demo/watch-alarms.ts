import type { AlarmState } from '../cloud/cloudwatch/alarms.ts';

/** Each look tells a line of every alarm that went off since the one before, and of every one that is over. */
export function createAlarmWatch(): (alarms: AlarmState[]) => string[] {
  let on = new Set<string>();
  return (alarms) => {
    const before = on;
    on = new Set(alarms.flatMap(({ name, isOn }) => (isOn ? [name] : [])));
    return alarms
      .filter(({ name }) => on.has(name) !== before.has(name))
      .map(({ name, isOn, description }) => (isOn ? `ALARM ${name}: ${description}` : `OK    ${name}`));
  };
}
