/** What CloudFormation made of a stage, as far as it is looked at. */
export interface Deployed {
  /** Where deliveries go to, but for the source's name; undefined while the stack is being made. */
  webhookUrl: string | undefined;
  /** The names of the partners' buses. */
  buses: string[];
  resources: { type: string; id: string }[];
}

/** What AWS says of a stage. Each throws what AWS answered; undefined is what is not there. */
export interface AwsReads {
  deployed(): Promise<Deployed>;
  /** Whether a schedule fires. */
  schedule(name: string): Promise<boolean | undefined>;
  /** Whether a rule of a bus, `bus|rule`, lets events through. */
  rule(id: string): Promise<boolean | undefined>;
  /** Whether a function is fed by its queue. */
  feed(id: string): Promise<boolean | undefined>;
  /** Those of these alarms that are there: whom they tell, by topic; nobody while they are muted. */
  alarms(names: string[]): Promise<{ name: string; tells: string[] }[]>;
  /** How many subscribers a topic has, and how many have not confirmed. */
  subscribers(topicArn: string): Promise<{ confirmed: number; pending: number } | undefined>;
}
