import type { Okta } from '../../local/doubles/okta/okta.ts';

/**
 * What happens in a company between two runs, to one in a hundred of its people: of these 40 % are renamed, 20 % join,
 * 20 % leave (half of them are deleted) and 20 % change their group; two groups get another name. The System Log tells of
 * it, but nobody reads that here.
 */
export function changeOnePercent(okta: Okta, random: () => number): void {
  const people = [...okta.users.values()].filter(({ status }) => status === 'ACTIVE').map(({ id }) => id);
  const groups = [...okta.groups.keys()];
  const share = (part: number) => Math.ceil((people.length / 100) * part);
  const anyGroup = () => groups[Math.floor(random() * groups.length)] as string;
  const draw = () => people.splice(Math.floor(random() * people.length), 1)[0] as string;

  for (let index = 0; index < share(0.4); index += 1)
    okta.updateProfile(draw(), { lastName: `Newname ${index}` });
  for (let index = 0; index < share(0.2); index += 1) {
    const id = `00ujoiner${String(index).padStart(11, '0')}`;
    const email = `joiner.${index}@example.com`;
    okta.createUser({ id, profile: { login: email, email, firstName: 'New', lastName: `Joiner ${index}` } });
    okta.addMember(anyGroup(), id);
  }
  for (let index = 0; index < share(0.2); index += 1) {
    if (index % 2 === 0) okta.deactivate(draw());
    else okta.deleteUser(draw());
  }
  for (let index = 0; index < share(0.2); index += 1) {
    const id = draw();
    for (const groupId of groups) okta.removeMember(groupId, id);
    okta.addMember(anyGroup(), id);
  }
  for (const groupId of groups.slice(0, 2)) okta.renameGroup(groupId, `Renamed ${groupId}`);
}
