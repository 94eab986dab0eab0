import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeOnAwsCli } from "./aws.ts";
import { type Started, started } from "./started.ts";

let sandbox: Started;

beforeAll(async () => {
  sandbox = await started();
});

afterAll(() => sandbox?.stop());

/** Runs a script of the user's own shell, with the real `aws`, until it ends. */
async function run(script: string): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const env = { ...sandbox.env, AWS_DEFAULT_OUTPUT: "json" };
  // Version 1 of the CLI does not heed AWS_ENDPOINT_URL for every service.
  const shell = spawn("bash", ["-c", `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n${script}`], {
    env,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(shell.stdout),
    text(shell.stderr),
    new Promise<number | null>((resolve) => shell.once("close", resolve)),
  ]);
  return { stdout, stderr, exitCode };
}

const ROLE = `role=role-acesso-ssm
aws iam create-role --role-name $role --assume-role-policy-document '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}' > /dev/null
for policy in AmazonSSMManagedInstanceCore AmazonECS_FullAccess AmazonEC2ContainerRegistryFullAccess; do
  aws iam attach-role-policy --role-name $role --policy-arn arn:aws:iam::aws:policy/$policy
done
aws iam create-instance-profile --instance-profile-name $role > /dev/null
aws iam add-role-to-instance-profile --instance-profile-name $role --role-name $role`;

const GROUP = `vpc_id=$(aws ec2 describe-vpcs --filters Name=isDefault,Values=true --query "Vpcs[0].VpcId" --output text)
group=$(aws ec2 create-security-group --group-name bia-dev --description "Acesso da maquina" --vpc-id $vpc_id --query GroupId --output text)
until aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 3001 --cidr 0.0.0.0/0 &> /dev/null; do sleep 0.2; done`;

/** What the machine does at its first start: everything that the course installs there. */
const USER_DATA = `#!/bin/bash
sudo yum update -y
sudo yum install git docker -y
curl "https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip" -o "awscliv2.zip"
sudo yum install unzip jq -y
unzip awscliv2.zip
sudo ./aws/install
rm -rf awscliv2.zip aws/
sudo usermod -a -G docker ec2-user
id ec2-user ssm-user
sudo newgrp docker
sudo systemctl enable docker.service
sudo systemctl start docker.service
sudo mkdir -p /usr/local/lib/docker/cli-plugins
sudo curl -SL https://github.com/docker/compose/releases/download/v2.23.3/docker-compose-linux-x86_64 -o /usr/local/lib/docker/cli-plugins/docker-compose
sudo chmod +x /usr/local/lib/docker/cli-plugins/docker-compose
sudo dd if=/dev/zero of=/swapfile bs=128M count=32
sudo chmod 600 /swapfile
sudo mkswap /swapfile
sudo swapon /swapfile
sudo echo "/swapfile swap swap defaults 0 0" >> /etc/fstab
curl -fsSL https://rpm.nodesource.com/setup_21.x | sudo bash -
sudo yum install -y nodejs
sudo dnf install python3.11 -y
sudo ln -sf /usr/bin/python3.11 /usr/bin/python3`;

const LAUNCH = `subnet_id=$(aws ec2 describe-subnets --filters Name=vpc-id,Values=$vpc_id Name=availabilityZone,Values=us-east-1a --query "Subnets[0].SubnetId" --output text)
security_group_id=$(aws ec2 describe-security-groups --group-names "bia-dev" --query "SecurityGroups[0].GroupId" --output text 2>/dev/null)
image=$(aws ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --query Parameter.Value --output text)
cat > $folder/user_data.sh <<'END'
${USER_DATA}
END
until instance=$(aws ec2 run-instances --image-id $image --count 1 --instance-type t3.micro \\
  --security-group-ids $security_group_id --subnet-id $subnet_id --associate-public-ip-address \\
  --block-device-mappings '[{"DeviceName":"/dev/xvda","Ebs":{"VolumeSize":15,"VolumeType":"gp2"}}]' \\
  --tag-specifications 'ResourceType=instance,Tags=[{Key=Name,Value=bia-dev}]' \\
  --iam-instance-profile Name=role-acesso-ssm --user-data file://$folder/user_data.sh \\
  --query "Instances[0].InstanceId" --output text 2> $folder/problem); do grep -q iamInstanceProfile $folder/problem || exit 9; sleep 0.2; done
until [ "$(aws ssm describe-instance-information --query 'length(InstanceInformationList)')" = 1 ]; do sleep 0.2; done`;

const VALIDATE = `rule=$(aws ec2 describe-security-groups --group-ids $security_group_id --query "SecurityGroups[0].IpPermissions[?ToPort==\\\`3001\\\` && IpProtocol=='tcp' && IpRanges[0].CidrIp=='0.0.0.0/0']" --output text)
[ -n "$rule" ] && echo "[OK] ingress"
out=$(aws ec2 describe-security-groups --group-ids $security_group_id --query "SecurityGroups[0].IpPermissionsEgress[?IpProtocol=='-1' && IpRanges[0].CidrIp=='0.0.0.0/0']" --output text)
[ -n "$out" ] && echo "[OK] egress"
aws iam get-role --role-name role-acesso-ssm &>/dev/null && echo "[OK] role"`;

/** A service for the deploy: nothing of it has to run. */
const SERVICE = `aws ecr create-repository --repository-name bia > /dev/null
aws ecs create-cluster --cluster-name cluster-bia > /dev/null
aws ecs register-task-definition --family task-def-bia --container-definitions '[{"name":"bia","image":"bia:latest","memory":128}]' > /dev/null
aws ecs create-service --cluster cluster-bia --service-name service-bia --task-definition task-def-bia --desired-count 0 > /dev/null`;

/** Build and deploy, as the course has them done on the machine. */
const DEPLOY = `set -e
cloud-init status --wait > /dev/null
mkdir -p /home/ec2-user/bia; cd /home/ec2-user/bia
git init -q; git config user.name Ana; git config user.email ana@example.org
printf 'FROM public.ecr.aws/docker/library/node:22-slim\\nCMD ["node", "-v"]\\n' > Dockerfile
git add .; git commit -qm first
versao=$(git rev-parse HEAD | cut -c 1-7)
conta=$(aws sts get-caller-identity --query Account --output text)
uri=$conta.dkr.ecr.us-east-1.amazonaws.com
aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin $uri 2> /dev/null
docker build -q -t bia . > /dev/null
docker tag bia:latest $uri/bia:$versao
docker push -q $uri/bia:$versao > /dev/null
aws ecs describe-task-definition --task-definition task-def-bia --query taskDefinition | jq --arg img $uri/bia:$versao 'del(.taskDefinitionArn,.revision,.status,.requiresAttributes,.compatibilities,.registeredAt,.registeredBy) | .containerDefinitions[0].image = $img' > /tmp/next.json
revisao=$(aws ecs register-task-definition --cli-input-json file:///tmp/next.json --query taskDefinition.revision --output text)
aws ecs update-service --cluster cluster-bia --service service-bia --task-definition task-def-bia:$revisao > /dev/null
aws ecs wait services-stable --cluster cluster-bia --services service-bia
aws ecs describe-services --cluster cluster-bia --services service-bia --query 'services[0].taskDefinition' --output text | sed 's/.*://'
aws ecr describe-images --repository-name bia --query "imageDetails[0].imageTags[0]=='$versao'"
free -m | awk '/Swap/ {print ($2 > 4000)}'`;

describeOnAwsCli("the course's scripts", () => {
  it("run to their end: role, group, launch with user data, validation, and build and deploy on the machine", async () => {
    const send = `command=$(aws ssm send-command --document-name AWS-RunShellScript --instance-ids $instance --parameters file://$folder/deploy.json --query Command.CommandId --output text)
until status=$(aws ssm get-command-invocation --command-id $command --instance-id $instance --query Status --output text 2> /dev/null) && [[ $status != Pending && $status != InProgress ]]; do sleep 0.3; done
aws ssm get-command-invocation --command-id $command --instance-id $instance --query '[Status, StandardOutputContent, StandardErrorContent]' --output text`;
    const parameters = JSON.stringify({ commands: [DEPLOY] });
    const files = `folder=$(mktemp -d); trap 'rm -rf $folder' EXIT\ncat > $folder/deploy.json <<'END'\n${parameters}\nEND`;
    const { stdout, stderr, exitCode } = await run(
      ["set -e", files, ROLE, GROUP, LAUNCH, VALIDATE, SERVICE, send].join("\n"),
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("[OK] ingress\n[OK] egress\n[OK] role\n");
    expect(stdout).toMatch(/^Success\tLogin Succeeded\n2\ntrue\n1$/m);
    expect(exitCode).toBe(0);
  }, 270_000);
});
