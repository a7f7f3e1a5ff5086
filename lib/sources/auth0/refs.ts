/** What both events and the API say of a container: the name is a hint, and may be null. */
export interface Named {
  id: string;
  name?: string | null | undefined;
}

export function organizationRef({ id, name }: Named) {
  return { kind: 'organization' as const, id, ...(name && { name }) };
}

/** A role, in the organization where it was given. */
export function roleRef(organization: string, { id, name }: Named) {
  return { kind: 'role' as const, id, ...(name && { name }), organization };
}

/** A group, and the organization outside of which it does not count, if there is one. */
export function groupRef({
  id,
  name,
  organization_id,
}: Named & { organization_id?: string | null | undefined }) {
  return {
    ...{ kind: 'group' as const, id },
    ...(name && { name }),
    ...(organization_id && { organization: organization_id }),
  };
}
