# Terraform's own provider, which we did not write, with the sandbox as its AWS.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "endpoint" { type = string }

variable "owner" {
  type    = string
  default = null
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
  default_tags { tags = var.owner == null ? {} : { Owner = var.owner } }
  endpoints {
    acm              = var.endpoint
    appautoscaling   = var.endpoint
    autoscaling      = var.endpoint
    cloudwatch       = var.endpoint
    dynamodb         = var.endpoint
    ec2              = var.endpoint
    ecr              = var.endpoint
    ecs              = var.endpoint
    elbv2            = var.endpoint
    iam              = var.endpoint
    logs             = var.endpoint
    rds              = var.endpoint
    route53          = var.endpoint
    secretsmanager   = var.endpoint
    servicediscovery = var.endpoint
    ssm              = var.endpoint
    sts              = var.endpoint
  }
}
