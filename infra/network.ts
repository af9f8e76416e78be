import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

export interface NetworkProps {
  vpc?: ec2.IVpc;
  vpcSubnets?: ec2.SubnetSelection;
  securityGroups?: ec2.ISecurityGroup[];
  ipv6AllowedForDualStack?: boolean;
}

/** Where a platform is reached from, if not from the public network: properties of a function. */
export interface NetworkPlace {
  vpc: ec2.IVpc;
  vpcSubnets?: ec2.SubnetSelection;
  securityGroups: ec2.ISecurityGroup[];
  ipv6AllowedForDualStack?: boolean;
}

/**
 * One security group for all functions unless there are some already: Lambda makes a network interface for each pair of
 * group and subnet, so with a group for each function there would be five or six times as many, in subnets that may be small.
 */
export function networkOf(scope: Construct, { vpc, ...props }: NetworkProps): NetworkPlace | undefined {
  const { ipv6AllowedForDualStack = false } = props;
  if (vpc)
    return { vpc, ...props, securityGroups: props.securityGroups ?? [makeGroup(scope, vpc, ipv6AllowedForDualStack)] };
  if (props.vpcSubnets || props.securityGroups || ipv6AllowedForDualStack) {
    throw new Error('vpcSubnets, securityGroups and ipv6AllowedForDualStack are of a VPC: give "vpc" too');
  }
  return undefined;
}

function makeGroup(scope: Construct, vpc: ec2.IVpc, ipv6: boolean): ec2.ISecurityGroup {
  return new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Pollux: functions that reach platforms',
    allowAllOutbound: true,
    ...(ipv6 && { allowAllIpv6Outbound: true }),
  });
}
