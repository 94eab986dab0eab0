# A shop on Fargate in a network of its own, as someone would write it who does not know stack retail.
variable "ui_count" { default = 1 }
variable "most_tasks" { default = 4 }
variable "secret" { default = "{\"username\":\"root\",\"password\":\"first\"}" }
variable "banner" { default = "" }

data "aws_availability_zones" "all" { state = "available" }

# network

resource "aws_vpc" "shop" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "tf-shop" }
}

resource "aws_internet_gateway" "shop" { vpc_id = aws_vpc.shop.id }

resource "aws_subnet" "public" {
  count                   = 2
  vpc_id                  = aws_vpc.shop.id
  cidr_block              = cidrsubnet(aws_vpc.shop.cidr_block, 8, count.index)
  availability_zone       = data.aws_availability_zones.all.names[count.index]
  map_public_ip_on_launch = true
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = cidrsubnet(aws_vpc.shop.cidr_block, 8, count.index + 3)
  availability_zone = data.aws_availability_zones.all.names[count.index]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.shop.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.shop.id
  }
}

resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.shop]
}

resource "aws_nat_gateway" "shop" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[0].id
  depends_on    = [aws_route_table_association.public]
}

resource "aws_route_table" "private" { vpc_id = aws_vpc.shop.id }

resource "aws_route" "private" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.shop.id
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "alb" {
  name   = "tf-shop-alb"
  vpc_id = aws_vpc.shop.id
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  security_group_id = aws_security_group.alb.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_egress_rule" "alb" {
  security_group_id = aws_security_group.alb.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_security_group" "ui" {
  name   = "tf-shop-ui"
  vpc_id = aws_vpc.shop.id
  ingress {
    from_port       = 8080
    to_port         = 8080
    protocol        = "tcp"
    security_groups = [aws_security_group.alb.id]
  }
  egress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

# roles

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "tf-shop-execution"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "execution" {
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters"]
      Resource = [aws_secretsmanager_secret.catalog.arn, aws_ssm_parameter.endpoint.arn]
    }]
  })
}

resource "aws_iam_role" "ui" {
  name               = "tf-shop-ui"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

# what the shop keeps

resource "aws_secretsmanager_secret" "catalog" {
  name                    = "tf-shop-catalog"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "catalog" {
  secret_id     = aws_secretsmanager_secret.catalog.id
  secret_string = var.secret
}

resource "aws_ssm_parameter" "endpoint" {
  name  = "/tf-shop/catalog/endpoint"
  type  = "String"
  value = "catalog.example:3306"
}

resource "aws_dynamodb_table" "carts" {
  name         = "tf-shop-carts"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "customerId"
    type = "S"
  }
  global_secondary_index {
    name            = "idx_global_customerId"
    hash_key        = "customerId"
    projection_type = "ALL"
  }
}

resource "aws_dynamodb_table_item" "cart" {
  table_name = aws_dynamodb_table.carts.name
  hash_key   = aws_dynamodb_table.carts.hash_key
  item       = jsonencode({ id = { S = "1" }, customerId = { S = "ana" } })
}

resource "aws_cloudwatch_log_group" "tasks" { name = "tf-shop-tasks" }

# load balancer

resource "aws_lb" "ui" {
  name            = "tf-shop-ui"
  security_groups = [aws_security_group.alb.id]
  subnets         = aws_subnet.public[*].id
}

resource "aws_lb_target_group" "ui" {
  name                 = "tf-shop-ui"
  port                 = 8080
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = aws_vpc.shop.id
  deregistration_delay = 0
  health_check { path = "/actuator/health" }
}

resource "aws_lb_listener" "ui" {
  load_balancer_arn = aws_lb.ui.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.ui.arn
  }
}

# tasks

resource "aws_service_discovery_http_namespace" "shop" {
  name        = "tf-shop"
  description = "of the shop"
}

resource "aws_ecs_cluster" "shop" { name = "tf-shop" }

resource "aws_ecs_task_definition" "ui" {
  family                   = "tf-shop-ui"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.ui.arn
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
  container_definitions = jsonencode([{
    name         = "application"
    image        = "public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0"
    essential    = true
    portMappings = [{ name = "application", containerPort = 8080, hostPort = 8080, protocol = "tcp", appProtocol = "http" }]
    environment  = [{ name = "RETAIL_UI_BANNER", value = var.banner }]
    secrets = [
      { name = "DB_PASSWORD", valueFrom = "${aws_secretsmanager_secret.catalog.arn}:password::" },
      { name = "DB_ENDPOINT", valueFrom = aws_ssm_parameter.endpoint.arn },
    ]
    healthCheck = {
      command     = ["CMD-SHELL", "curl -f http://localhost:8080/actuator/health || exit 1"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
    linuxParameters = { initProcessEnabled = true }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.tasks.name
        awslogs-region        = "us-east-1"
        awslogs-stream-prefix = "ui"
      }
    }
  }])
}

resource "aws_ecs_service" "ui" {
  name                   = "ui"
  cluster                = aws_ecs_cluster.shop.id
  task_definition        = aws_ecs_task_definition.ui.arn
  desired_count          = var.ui_count
  launch_type            = "FARGATE"
  enable_execute_command = true
  wait_for_steady_state  = true
  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = [aws_security_group.ui.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.ui.arn
    container_name   = "application"
    container_port   = 8080
  }
  depends_on = [
    aws_lb_listener.ui,
    aws_iam_role_policy.execution,
    aws_iam_role_policy_attachment.execution,
    aws_route_table_association.private,
    aws_route.private,
    aws_secretsmanager_secret_version.catalog,
  ]
  lifecycle { ignore_changes = [desired_count] }
}

# scaling

resource "aws_appautoscaling_target" "ui" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.shop.name}/${aws_ecs_service.ui.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = var.most_tasks
}

resource "aws_appautoscaling_policy" "ui" {
  name               = "tf-shop-ui"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.ui.service_namespace
  resource_id        = aws_appautoscaling_target.ui.resource_id
  scalable_dimension = aws_appautoscaling_target.ui.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 1500
    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.ui.arn_suffix}/${aws_lb_target_group.ui.arn_suffix}"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "tf-shop-errors"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.ui.arn_suffix }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
