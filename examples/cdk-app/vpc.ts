import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Pollux } from 'pollux';

const env = { account: '111111111111', region: 'eu-central-1' };
const stack = new Stack(new App(), 'Operations', { env });

// Its private subnets have a route to the data centre, by Direct Connect or VPN.
const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
});
const securityGroup = new ec2.SecurityGroup(stack, 'ToPlatforms', { vpc, allowAllOutbound: false });
securityGroup.addEgressRule(ec2.Peer.ipv4('10.20.0.0/16'), ec2.Port.tcp(443), 'vCenters');
securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'endpoints of AWS');

new Pollux(stack, 'Pollux', {
  connections: Pollux.connectionsFrom('connections.json'),
  vpc,
  securityGroups: [securityGroup],
});
